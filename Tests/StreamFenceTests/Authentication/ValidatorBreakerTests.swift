import NIOCore
import NIOPosix
import StreamFenceEngineIO
import StreamFencePluginKit
import StreamFenceTestClient
import Synchronization
import Testing

@testable import StreamFence

@Suite("A validator that has ceased to answer", .timeLimit(.minutes(1)))
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

    @Test("Tokens are refused at once while it hangs, and their addresses not blocked for it")
    func refusals() async throws {
        let isBack = Atomic(false)
        let porter = Porter { request in
            if isBack.load(ordering: .relaxed) { return .accept(principal: "alice") }
            // Until it is cancelled.
            for await _ in AsyncStream<Never>.makeStream().stream {}
            throw CancellationError()
        }
        let authenticator = Authenticator(
            AuthenticationSettings(
                validator: porter,
                breaker: breaker,
                authAt: .connect,
                timeout: .milliseconds(1),
                allowsQueryToken: false,
                limiter: RejectionLimiter(maxPerWindow: ValidatorBreaker.threshold + 1, window: .hours(1)),
                log: LogLimiter(perWindow: 1, window: .hours(1))
            ),
            namespace: "/feed",
            counters: NamespaceCounters(),
            events: EventHub(logger: quiet),
            logger: quiet,
            now: { .zero }
        )
        func validate() async -> Result<AcceptedToken, AuthenticationError> {
            let peer = Authenticator.Peer(clientID: nil, remoteAddress: "10.0.0.1")
            return await authenticator.validate("T", for: .connect, of: peer, on: loops.next())
        }
        for _ in 0..<ValidatorBreaker.threshold {
            #expect(await validate().refusal == .rejected(reason: "the validator took longer than authTimeoutMs"))
            #expect(await porter.asked.next() == "connect - T")
        }
        for _ in 0..<5 { #expect(await validate().refusal == .unanswered) }
        isBack.store(true, ordering: .relaxed)
        clock.advance(by: .seconds(5))
        for _ in 0..<2 {
            #expect(await validate().refusal == nil)
            #expect(await porter.asked.next() == "connect - T")
        }
    }
}

extension Result where Failure == AuthenticationError {
    fileprivate var refusal: AuthenticationError? {
        guard case .failure(let error) = self else { return nil }
        return error
    }
}
