import NIOCore
import StreamFenceEngineIO
import StreamFencePluginKit

/// How the tokens of a namespace are checked.
struct AuthenticationSettings: Sendable {
    let validator: any TokenValidator
    /// What the configuration calls the validator.
    let validatorName: String
    /// Whether a client's certificate stands for a token: not where the namespace has a validator of its own.
    let acceptsCertificates: Bool
    /// One for the validator.
    let breaker: ValidatorBreaker
    let authAt: AuthAt
    /// How long a validation may take, and how long a client may stay without having been authenticated.
    let timeout: TimeAmount
    let allowsQueryToken: Bool
    /// One for the server.
    let limiter: RejectionLimiter
    /// One for the server.
    let revocations: Revocations
    /// One for the server.
    let log: LogLimiter
}

/// Makes what a server's namespaces check tokens with; only for the time a server is made.
final class TokenValidators {
    private let configuration: ServerConfiguration
    private let registry: PluginRegistry
    private let limiter: RejectionLimiter
    private let revocations: Revocations
    private let log = LogLimiter(perWindow: 10, window: .seconds(10))
    /// Namespaces that choose the same share it.
    private var made: [Made] = []

    private struct Made {
        let choice: PluginChoice
        let validator: any TokenValidator
        let breaker = ValidatorBreaker()
    }

    init(_ configuration: ServerConfiguration, _ registry: PluginRegistry) {
        self.configuration = configuration
        self.registry = registry
        limiter = RejectionLimiter(
            maxPerWindow: configuration.authRejectMaxPerWindow,
            window: TimeAmount(configuration.authRejectWindow)
        )
        revocations = Revocations(longestValidation: TimeAmount(configuration.authTimeout) + .seconds(1))
    }

    /// How a namespace checks tokens; nil if it requires none.
    ///
    /// - Throws: what its validator can't be made for.
    func settings(for namespace: NamespaceConfiguration) throws -> AuthenticationSettings? {
        guard namespace.authRequired else { return nil }
        guard let choice = configuration.tokenValidator(of: namespace) else {
            throw UnknownPlugin(kind: .tokenValidator, name: "")
        }
        let made = try validator(choice)
        return AuthenticationSettings(
            validator: made.validator,
            validatorName: made.choice.use,
            acceptsCertificates: namespace.tokenValidator == nil,
            breaker: made.breaker,
            authAt: configuration.authAt,
            timeout: TimeAmount(configuration.authTimeout),
            allowsQueryToken: configuration.allowQueryToken,
            limiter: limiter,
            revocations: revocations,
            log: log
        )
    }

    private func validator(_ choice: PluginChoice) throws -> Made {
        if let known = made.first(where: { $0.choice == choice }) { return known }
        let new = Made(choice: choice, validator: try registry.tokenValidator(choice))
        made.append(new)
        return new
    }
}
