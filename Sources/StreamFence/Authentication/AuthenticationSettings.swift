import NIOCore
import StreamFenceEngineIO
import StreamFencePluginKit

/// How the tokens of a namespace are checked.
struct AuthenticationSettings: Sendable {
    let validator: any TokenValidator
    let authAt: AuthAt
    /// How long a validation may take, and how long a client may stay without having been authenticated.
    let timeout: TimeAmount
    let allowsQueryToken: Bool
    /// One for the server.
    let limiter: RejectionLimiter
    /// One for the server.
    let log: LogLimiter
}

/// Makes what a server's namespaces check tokens with; only for the time a server is made.
final class TokenValidators {
    private let configuration: ServerConfiguration
    private let registry: PluginRegistry
    private let limiter: RejectionLimiter
    private let log = LogLimiter(perWindow: 10, window: .seconds(10))
    /// Namespaces that choose the same share it.
    private var made: [(choice: PluginChoice, validator: any TokenValidator)] = []

    init(_ configuration: ServerConfiguration, _ registry: PluginRegistry) {
        self.configuration = configuration
        self.registry = registry
        limiter = RejectionLimiter(
            maxPerWindow: configuration.authRejectMaxPerWindow,
            window: TimeAmount(configuration.authRejectWindow)
        )
    }

    /// How a namespace checks tokens; nil if it requires none.
    ///
    /// - Throws: what its validator can't be made for.
    func settings(for namespace: NamespaceConfiguration) throws -> AuthenticationSettings? {
        guard namespace.authRequired else { return nil }
        guard let choice = configuration.tokenValidator(of: namespace) else {
            throw UnknownPlugin(kind: .tokenValidator, name: "")
        }
        return AuthenticationSettings(
            validator: try validator(choice),
            authAt: configuration.authAt,
            timeout: TimeAmount(configuration.authTimeout),
            allowsQueryToken: configuration.allowQueryToken,
            limiter: limiter,
            log: log
        )
    }

    private func validator(_ choice: PluginChoice) throws -> any TokenValidator {
        if let validator = made.first(where: { $0.choice == choice })?.validator { return validator }
        let validator = try registry.tokenValidator(choice)
        made.append((choice, validator))
        return validator
    }
}
