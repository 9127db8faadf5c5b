import StreamFencePluginKit

/// One thing that the contract asks of every plugin of a kind, as a plugin's author sees it pass or fail.
///
/// 1. Has a time limit: whatever a plugin does, its check ends.
/// 2. Fails if the host has noticed what no answer shows (``HostNotes``).
package struct ContractCheck: Sendable {
    /// A sentence: what has to hold.
    package let name: String
    private let body: @Sendable () async throws -> Void
    private let unheard: String
    private let givesUp: Bool
    private let answers: Int
    /// Those of ``all(of:options:settings:)``.
    private var settings = ContractCheckSettings(folder: "")

    /// - Parameters:
    ///   - unheard: the function of the plugin whose failures only the host hears of.
    ///   - givesUp: whether calls are given up, so that answers may come to which nobody listens.
    ///   - answers: how many of a validator it waits for, one after the other. Each has a time limit of its own.
    init(
        _ name: String,
        unheard: String = "call",
        givesUp: Bool = false,
        answers: Int = 0,
        _ body: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.unheard = unheard
        self.givesUp = givesUp
        self.answers = answers
        self.body = body
    }

    /// Runs the check.
    ///
    /// - Returns: what was expected and what was found; nil if it holds.
    package func violation() async -> String? {
        let before = settings.host()
        let limit = settings.checkLimit + settings.timeLimit * answers
        let found: String?
        switch await within(limit, body) {
        case .success: found = nil
        case .failure(let error): found = "\(error)"
        case nil: found = "took longer than \(limit)"
        }
        return violation(found, before, settings.host())
    }

    private func violation(_ found: String?, _ before: HostNotes, _ after: HostNotes) -> String? {
        var violations: [String] = []
        let errors = after.errors - before.errors
        if errors > 0, let error = after.lastError {
            // The answer that the host gave in the plugin's place says less.
            violations.append(error)
        } else if let found {
            violations.append(found)
        } else if errors > 0 {
            violations.append("expected no \(unheard) to fail, found \(errors) that did")
        }
        let lateAnswers = after.lateAnswers - before.lateAnswers
        if lateAnswers > 0, !givesUp {
            violations.append("expected one answer to each call, found \(lateAnswers) that nobody waited for")
        }
        return violations.isEmpty ? nil : violations.joined(separator: "; ")
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
        checks(of: component, options, settings).map { check in
            var check = check
            check.settings = settings
            return check
        }
    }

    private static func checks(
        of component: PluginComponent,
        _ options: [String: PluginOption],
        _ settings: ContractCheckSettings
    ) -> [ContractCheck] {
        let make = PluginSettings(options: options)
        switch component.factory {
        case .overflowPolicy(let policy, _):
            return OverflowPolicyChecks { try policy(make).policy }.all
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
    /// How long a check may take, the time that it waits for a validator's answers not included.
    let checkLimit: Duration
    /// What the host has noticed of the component so far.
    let host: @Sendable () -> HostNotes

    package init(
        folder: String,
        goodTokens: [String] = [],
        timeLimit: Duration = .seconds(10),
        checkLimit: Duration = .seconds(60),
        host: @escaping @Sendable () -> HostNotes = { HostNotes() }
    ) {
        self.folder = folder
        self.goodTokens = goodTokens
        self.timeLimit = timeLimit
        self.checkLimit = checkLimit
        self.host = host
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
