import NIOCore
import Testing

@testable import StreamFence

@Suite("The limit on refused tokens")
struct RejectionLimiterTests {
    private let time = Stopwatch()

    private func limiter(_ maxPerWindow: Int, maxAddresses: Int = 10) -> RejectionLimiter {
        RejectionLimiter(
            maxPerWindow: maxPerWindow,
            window: .seconds(60),
            maxAddresses: maxAddresses,
            now: { [time] in time.now }
        )
    }

    @Test("An address has so many refusals, and then waits for the end of the window that the first one began")
    func window() {
        let limiter = limiter(3)
        for _ in 0..<3 {
            #expect(limiter.admits("a"))
            limiter.countRejection(of: "a")
            time.advance(by: .seconds(10))
        }
        #expect(!limiter.admits("a"))
        #expect(limiter.admits("b"))
        time.advance(by: .seconds(29))
        // Refusals beyond the limit, of tokens that were being looked at, do not make it longer.
        limiter.countRejection(of: "a")
        #expect(!limiter.admits("a"))
        time.advance(by: .seconds(1))
        #expect(limiter.admits("a"))
        #expect(limiter.addressCount == 0)
    }

    @Test("Where more addresses come than are known at once, the oldest window ends early")
    func bounded() {
        let limiter = limiter(1, maxAddresses: 3)
        for address in ["a", "b", "c"] {
            limiter.countRejection(of: address)
            time.advance(by: .seconds(1))
        }
        limiter.countRejection(of: "a")
        limiter.countRejection(of: "d")
        #expect(limiter.addressCount == 3)
        #expect(["a", "b", "c", "d"].map { limiter.admits($0) } == [true, false, false, false])
        time.advance(by: .seconds(58))
        #expect(["a", "b", "c", "d"].map { limiter.admits($0) } == [true, true, false, false])
    }

    @Test(
        "Addresses that one client can have count as one, and no others do",
        arguments: [
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8::1", "2001:db8:0:0:ffff::2", true), ("2001:db8::1", "2001:db8:0:1::1", false),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false), ("::1", "::ffff:192.0.2.2", false), ("", "::1", false),
            ("", "", true),
        ]
    )
    func blocks(first: String, second: String, areOne: Bool) {
        let limiter = limiter(1)
        limiter.countRejection(of: first)
        #expect(limiter.admits(second) == !areOne)
    }

    @Test("Any number of refusals counts as no more than the limit")
    func many() {
        let limiter = limiter(2)
        for _ in 0..<1000 { limiter.countRejection(of: "a") }
        #expect(limiter.addressCount == 1)
        time.advance(by: .seconds(60))
        #expect(limiter.admits("a"))
    }
}
