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
        let (tokens, goodTokens) = (tokens, settings.goodTokens)
        var checks = [
            ContractCheck("each call is answered, for each action", answers: 3 * tokens.count) { [self] in
                let validator = try make()
                for action in [TokenRequest.Action.connect, .subscribe, .publish] {
                    for token in tokens { _ = try await answer(to: request(token, action), validator) }
                }
            },
            ContractCheck("many calls at once get the answers they get one by one", answers: tokens.count + 1) {
                [self] in
                let validator = try make()
                let expected = try await answersOneByOne(validator)
                try await compare(200, validator, with: expected)
            },
            ContractCheck("tokens of any length and content are no surprise", answers: strange.count) { [self] in
                let validator = try make()
                for token in strange { _ = try await answer(to: request(token, .connect), validator) }
            },
        ]
        if !goodTokens.isEmpty {
            checks.append(
                ContractCheck(
                    "tokens that are said to be good are accepted, for a principal that is not the token",
                    answers: goodTokens.count
                ) { [self] in
                    let validator = try make()
                    for token in goodTokens { try await expectAccepted(token, validator) }
                }
            )
        }
        // The last: answers to what it gives up may still come when it is over.
        checks.append(
            ContractCheck(
                "calls that nobody waits for any more harm no other",
                unheard: "cancel",
                givesUp: true,
                answers: 2 * tokens.count + 3
            ) { [self] in try await giveUp(try make()) }
        )
        return checks
    }

    private enum Answer: Sendable, Equatable {
        case accepted(principal: String)
        case rejected
    }

    private var tokens: [String] { settings.goodTokens + (0..<10).map { "no such token \($0)" } }
    private var strange: [String] {
        ["", " ", ".", "..", "a.b.c.d.e", "\u{0}", "ä💥", String(repeating: "x", count: 65_536)]
    }

    private func request(_ token: String, _ action: TokenRequest.Action) -> TokenRequest {
        TokenRequest(
            token: token,
            namespace: "/feed",
            topic: action == .connect ? nil : "snapshot",
            action: action,
            remoteAddress: "192.0.2.1"
        )
    }

    private func answersOneByOne(_ validator: any TokenValidator) async throws -> [String: Answer] {
        var answers: [String: Answer] = [:]
        for token in tokens { answers[token] = try await answer(to: request(token, .connect), validator) }
        return answers
    }

    /// Makes calls at once, of each token some.
    private func compare(_ calls: Int, _ validator: any TokenValidator, with expected: [String: Answer]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<calls {
                let token = tokens[number % tokens.count]
                group.addTask {
                    try expect(expected[token], try await answer(to: request(token, .connect), validator))
                }
            }
            try await group.waitForAll()
        }
    }

    private func expect(_ expected: Answer?, _ found: Answer) throws {
        try Violation.require(
            found == expected,
            expected: "the answer that the token got before, \(expected.map { "\($0)" } ?? "none")",
            found: "\(found)"
        )
    }

    private func expectAccepted(_ token: String, _ validator: any TokenValidator) async throws {
        switch try await answer(to: request(token, .connect), validator) {
        case .accepted(let principal):
            try Violation.require(!principal.isEmpty, expected: "a principal", found: "an empty one")
            try Violation.require(principal != token, expected: "a principal of its own", found: "the token")
        case .rejected:
            throw Violation(expected: "the token to be accepted", found: "rejected")
        }
    }

    // MARK: Giving up

    /// Gives calls up, while others are waited for. When a plugin has a call nobody can tell from outside, so that is done:
    ///
    /// 1. at once, before it has;
    /// 2. to those that are left of many at once when half of them are answered. A plugin that works at them one after the other
    ///    has them all by then;
    /// 3. at moments spread over the time that an answer takes;
    /// 4. once more, a number of times, until there is a sign that the plugin had one of them: an answer that nobody waits for.
    private func giveUp(_ validator: any TokenValidator) async throws {
        let clock = ContinuousClock()
        var expected: [String: Answer] = [:]
        var longest = Duration.zero
        for token in tokens {
            let start = clock.now
            expected[token] = try await answer(to: request(token, .connect), validator)
            longest = max(longest, clock.now - start)
        }
        let answers = expected
        async let others: Void = compare(32, validator, with: answers)
        for token in tokens { await giveUp(token, validator) {} }
        let (before, start) = (settings.host(), clock.now)
        for _ in 0..<20 {
            await giveUpHalf(of: 64, validator)
            await giveUpLittleByLittle(within: longest, validator)
            let hadOne = settings.host().lateAnswers > before.lateAnswers || settings.host().errors > before.errors
            if hadOne || clock.now - start > .seconds(1) { break }
        }
        try await others
        for token in tokens {
            try expect(expected[token], try await answer(to: request(token, .connect), validator))
        }
    }

    private func giveUpHalf(of calls: Int, _ validator: any TokenValidator) async {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<calls {
                let token = tokens[number % tokens.count]
                group.addTask { _ = try? await validator.validate(request(token, .connect)) }
            }
            for _ in 0..<calls / 2 { _ = await group.next() }
            group.cancelAll()
        }
    }

    private func giveUpLittleByLittle(within time: Duration, _ validator: any TokenValidator) async {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<32 {
                let token = tokens[number % tokens.count]
                group.addTask {
                    await giveUp(token, validator) { try await ContinuousClock().sleep(for: time * number / 32) }
                }
            }
        }
    }

    /// Calls, and waits no longer than `moment` takes. What the plugin would have said does not matter.
    private func giveUp(
        _ token: String,
        _ validator: any TokenValidator,
        after moment: @escaping @Sendable () async throws -> Void
    ) async {
        let call = Task(executorPreference: OwnThreads()) { try await validator.validate(request(token, .connect)) }
        try? await moment()
        call.cancel()
        _ = await call.result
    }

    // MARK: Calls

    /// What a call comes to; a violation if it takes too long, or if the plugin could not find out. That is counted as its failure,
    /// and is no answer to a bad token: whoever has one could make the server report a plugin that works.
    private func answer(to request: TokenRequest, _ validator: any TokenValidator) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask {
                do {
                    switch try await validator.validate(request) {
                    case .accept(let principal, _, _): return .accepted(principal: principal)
                    case .reject: return .rejected
                    }
                } catch is CancellationError {
                    return nil
                } catch {
                    throw Violation(expected: "the token to be accepted or rejected", found: "a failure: \(error)")
                }
            }
            group.addTask { [settings] in
                try await ContinuousClock().sleep(for: settings.timeLimit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let answer = first else {
                throw Violation(expected: "an answer within \(settings.timeLimit)", found: "none")
            }
            return answer
        }
    }
}
