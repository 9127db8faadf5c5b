import StreamFencePluginKit

/// What every token validator has to do: answer each call, and that call.
struct TokenValidatorChecks: Sendable {
    let settings: ContractCheckSettings
    let make: @Sendable () throws -> any TokenValidator

    init(_ settings: ContractCheckSettings, _ make: @escaping @Sendable () throws -> any TokenValidator) {
        self.settings = settings
        self.make = make
    }

    var all: [ContractCheck] {
        var checks = [
            ContractCheck("each call is answered, for each action") { [self] in
                let validator = try make()
                for action in [TokenRequest.Action.connect, .subscribe, .publish] {
                    for token in tokens { _ = try await outcome(of: request(token, action), validator) }
                }
            },
            ContractCheck("many calls at once get the answers they get one by one") { [self] in
                let validator = try make()
                var expected: [String: Outcome] = [:]
                for token in tokens {
                    expected[token] = try await outcome(of: request(token, .connect), validator)
                }
                try await compare(validator, with: expected)
            },
            ContractCheck("tokens of any length and content are no surprise") { [self] in
                let validator = try make()
                let strange = ["", " ", ".", "..", "a.b.c.d.e", "\u{0}", "ä💥", String(repeating: "x", count: 65_536)]
                for token in strange { _ = try await outcome(of: request(token, .connect), validator) }
            },
            ContractCheck("calls that nobody waits for any more harm no other") { [self] in
                let validator = try make()
                for token in tokens {
                    let call = Task { try await validator.validate(request(token, .connect)) }
                    call.cancel()
                    _ = await call.result
                }
                _ = try await outcome(of: request("after", .connect), validator)
            },
        ]
        if !settings.goodTokens.isEmpty {
            checks.append(
                ContractCheck("tokens that are said to be good are accepted, for a principal that is not the token") {
                    [self] in
                    let validator = try make()
                    for token in settings.goodTokens { try await expectAccepted(token, validator) }
                }
            )
        }
        return checks
    }

    private enum Outcome: Sendable, Equatable {
        case accepted(principal: String)
        case rejected
        case failed
    }

    private var tokens: [String] { settings.goodTokens + (0..<10).map { "no such token \($0)" } }

    private func request(_ token: String, _ action: TokenRequest.Action) -> TokenRequest {
        TokenRequest(
            token: token,
            namespace: "/feed",
            topic: action == .connect ? nil : "snapshot",
            action: action,
            remoteAddress: "192.0.2.1"
        )
    }

    private func compare(_ validator: any TokenValidator, with expected: [String: Outcome]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                let token = tokens[number % tokens.count]
                group.addTask {
                    let found = try await outcome(of: request(token, .connect), validator)
                    try Violation.require(
                        found == expected[token],
                        expected: "the answer that the token got before, \(expected[token].map { "\($0)" } ?? "none")",
                        found: "\(found)"
                    )
                }
            }
            try await group.waitForAll()
        }
    }

    private func expectAccepted(_ token: String, _ validator: any TokenValidator) async throws {
        switch try await outcome(of: request(token, .connect), validator) {
        case .accepted(let principal):
            try Violation.require(!principal.isEmpty, expected: "a principal", found: "an empty one")
            try Violation.require(principal != token, expected: "a principal of its own", found: "the token")
        case let other:
            throw Violation(expected: "the token to be accepted", found: "\(other)")
        }
    }

    /// What a call comes to; a violation if it takes too long.
    private func outcome(of request: TokenRequest, _ validator: any TokenValidator) async throws -> Outcome {
        try await withThrowingTaskGroup(of: Outcome?.self) { group in
            group.addTask {
                do {
                    switch try await validator.validate(request) {
                    case .accept(let principal, _, _): return .accepted(principal: principal)
                    case .reject: return .rejected
                    }
                } catch is CancellationError {
                    return nil
                } catch {
                    return .failed
                }
            }
            group.addTask { [settings] in
                try await ContinuousClock().sleep(for: settings.timeLimit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let outcome = first else {
                throw Violation(expected: "an answer within \(settings.timeLimit)", found: "none")
            }
            return outcome
        }
    }
}
