import NIOCore
import NIOPosix
import StreamFenceEngineIO
import StreamFencePluginKit
import StreamFenceTestClient
import Testing

@testable import StreamFence

@Suite("A validator that has ceased to answer", .timeLimit(.minutes(5)))
struct ValidatorBreakerTests {
    private let clock = Stopwatch()
    private let breaker: ValidatorBreaker

    init() {
        breaker = ValidatorBreaker { [clock] in clock.now }
    }

    private func open() {
        for _ in 1..<ValidatorBreaker.threshold { #expect(breaker.timedOut() == nil) }
        #expect(breaker.admits())
        #expect(breaker.timedOut() == .opened)
    }

    @Test("After ten time-outs in a row it is asked about one token in five seconds")
    func opens() {
        open()
        #expect(!breaker.admits())
        #expect(breaker.timedOut() == nil)
        clock.advance(by: .nanoseconds(4_999_999_999))
        #expect(!breaker.admits())
        clock.advance(by: .nanoseconds(1))
        #expect(breaker.admits())
        #expect(!breaker.admits())
        clock.advance(by: .seconds(1))
        #expect(breaker.timedOut() == nil)
        #expect(!breaker.admits())
        clock.advance(by: .seconds(4))
        #expect(breaker.admits())
    }

    @Test("One answer, and all tokens are shown to it again")
    func closes() {
        open()
        clock.advance(by: .seconds(5))
        #expect(breaker.admits())
        #expect(breaker.answered() == .closed)
        #expect(breaker.admits())
        #expect(breaker.answered() == nil)
        open()
    }

    @Test("Time-outs between answers say nothing")
    func interspersed() {
        for _ in 0..<3 {
            for _ in 1..<ValidatorBreaker.threshold { #expect(breaker.timedOut() == nil) }
            #expect(breaker.answered() == nil)
        }
        #expect(breaker.admits())
    }

    @Test("A client that leaves says something of the validator only where it has waited for a second")
    func abandoned() {
        for _ in 0..<3 * ValidatorBreaker.threshold { #expect(breaker.abandoned(after: .milliseconds(999)) == nil) }
        for _ in 1..<ValidatorBreaker.threshold { #expect(breaker.abandoned(after: .seconds(1)) == nil) }
        #expect(breaker.abandoned(after: .seconds(1)) == .opened)
    }

    private func authenticator(
        timeout: TimeAmount,
        maxRejections: Int = 1,
        _ answer: @escaping Porter.Answer
    ) -> Authenticator {
        Authenticator(
            AuthenticationSettings(
                validator: Porter(answer),
                validatorName: "porter",
                acceptsCertificates: false,
                breaker: breaker,
                authAt: .connect,
                timeout: timeout,
                allowsQueryToken: false,
                limiter: RejectionLimiter(maxPerWindow: maxRejections, window: .hours(1)),
                revocations: Revocations(longestValidation: .hours(1)),
                log: LogLimiter(perWindow: 1, window: .hours(1))
            ),
            namespace: "/feed",
            counters: NamespaceCounters(),
            events: EventHub(logger: quiet),
            logger: quiet,
            now: { .zero }
        )
    }

    @Test("Tokens are refused at once while it hangs, and their addresses not blocked for it")
    func refusals() async throws {
        let hung = authenticator(timeout: .milliseconds(1)) { _ in try await hang() }
        let reason = "the validator porter took longer than 1 milliseconds (authTimeoutMs)"
        for _ in 0..<ValidatorBreaker.threshold { #expect(await hung.refusal == .undecided(reason: reason)) }
        let back = authenticator(timeout: .hours(1)) { _ in .accept(principal: "alice") }
        for _ in 0..<5 {
            let reason = "the validator porter has ceased to answer, and was not asked"
            #expect(await back.refusal == .undecided(reason: reason))
        }
        clock.advance(by: .seconds(5))
        for _ in 0..<5 { #expect(await back.refusal == nil) }
    }

    @Test("A validator that fails has answered, and is asked again; the client's address is not blocked for it")
    func failures() async throws {
        struct Unreachable: Error {}
        let failing = authenticator(timeout: .hours(1)) { _ in throw Unreachable() }
        for _ in 0..<2 * ValidatorBreaker.threshold {
            #expect(await failing.refusal == .undecided(reason: "the validator porter failed: Unreachable()"))
        }
    }

    @Test("The answer to the one token that is let through counts, if its client is there to hear it or not")
    func abandonedAttempt() async throws {
        open()
        clock.advance(by: .seconds(5))
        let (isAsked, asked) = AsyncStream<Never>.makeStream()
        let (mayAnswer, answer) = AsyncStream<Never>.makeStream()
        let slow = authenticator(timeout: .hours(1)) { _ in
            asked.finish()
            // Not to be cancelled.
            await Task { for await _ in mayAnswer {} }.value
            return .accept(principal: "alice")
        }
        let client = Task { await slow.refusal }
        for await _ in isAsked {}
        client.cancel()
        answer.finish()
        #expect(await client.value == .abandoned)
        #expect(breaker.admits())
        #expect(breaker.admits())
    }
}

/// Returns only when it is cancelled.
private func hang() async throws -> TokenDecision {
    for await _ in AsyncStream<Never>.makeStream().stream {}
    throw CancellationError()
}

extension Authenticator {
    /// Why a token is refused now; nil if it is not.
    fileprivate var refusal: AuthenticationError? {
        get async {
            let peer = Peer(clientID: nil, remoteAddress: "10.0.0.1")
            switch await validate("T", for: .connect, of: peer, on: loops.next()) {
            case .success: return nil
            case .failure(let error): return error
            }
        }
    }
}
