import StreamFencePluginKit

/// One thing that the contract asks of every plugin of a kind, as a plugin's author sees it pass or fail.
package struct ContractCheck: Sendable {
    /// A sentence: what has to hold.
    package let name: String
    private let body: @Sendable () async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.body = body
    }

    /// Runs the check.
    ///
    /// - Returns: what was expected and what was found; nil if it holds.
    package func violation() async -> String? {
        do {
            try await body()
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// The checks of a component, whatever its kind.
    ///
    /// - Parameters:
    ///   - options: what instances are made with.
    ///   - settings: what the checks need besides.
    package static func all(
        of component: PluginComponent,
        options: [String: PluginOption],
        settings: ContractCheckSettings
    ) -> [ContractCheck] {
        let make = PluginSettings(options: options)
        switch component.factory {
        case .overflowPolicy(let policy):
            return OverflowPolicyChecks { try policy(make) }.all
        case .tokenValidator(let validator):
            return TokenValidatorChecks(settings) { try validator(make) }.all
        case .spillStore(let store):
            return SpillStoreChecks(folder: settings.folder) {
                try store(PluginSettings(options: options, folder: $0))
            }.all
        case .metricsSink(let sink):
            return MetricsSinkChecks { try sink(make) }.all
        }
    }
}

/// What the checks need besides the plugin.
package struct ContractCheckSettings: Sendable {
    /// A folder that exists and is empty: each check of a spill store makes one of its own in it.
    let folder: String
    /// Tokens that the validator should accept, if any are known.
    let goodTokens: [String]
    /// How long a token validator may take to answer.
    let timeLimit: Duration

    package init(folder: String, goodTokens: [String] = [], timeLimit: Duration = .seconds(10)) {
        self.folder = folder
        self.goodTokens = goodTokens
        self.timeLimit = timeLimit
    }
}

/// The contract was broken.
struct Violation: Error, CustomStringConvertible {
    let description: String

    init(expected: String, found: String) {
        description = "expected \(expected), found \(found)"
    }

    /// - Throws: unless `holds`.
    static func require(_ holds: Bool, expected: @autoclosure () -> String, found: @autoclosure () -> String) throws {
        if !holds { throw Violation(expected: expected(), found: found()) }
    }
}
