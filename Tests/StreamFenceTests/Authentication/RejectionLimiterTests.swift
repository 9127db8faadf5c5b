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

    @Test("What an address has used up comes back bit by bit, wherever a window ends")
    func window() {
        let limiter = limiter(4)
        time.advance(by: .seconds(50))
        for _ in 0..<4 {
            #expect(limiter.admits("a"))
            limiter.countRejection(of: "a")
        }
        #expect(!limiter.admits("a"))
        #expect(limiter.admits("b"))
        // A window that is fixed to the clock would begin anew here.
        time.advance(by: .seconds(10))
        #expect(!limiter.admits("a"))
        // A quarter of them is not covered any more: one may follow, and no other.
        time.advance(by: .seconds(15))
        #expect(limiter.admits("a"))
        limiter.countRejection(of: "a")
        #expect(!limiter.admits("a"))
        time.advance(by: .seconds(45))
        #expect(limiter.admits("a"))
    }

    @Test("An address that has been quiet for two windows is forgotten")
    func forgotten() {
        let limiter = limiter(1)
        limiter.countRejection(of: "a")
        #expect(limiter.addressCount == 1)
        time.advance(by: .seconds(120))
        #expect(limiter.admits("a"))
        #expect(limiter.addressCount == 0)
    }

    @Test("Where more addresses come than are known at once, the first ones are forgotten early")
    func bounded() {
        let limiter = limiter(1, maxAddresses: 4)
        for address in ["a", "b", "c", "d", "e"] {
            limiter.countRejection(of: address)
        }
        #expect(limiter.addressCount == 3)
        #expect(["a", "b", "c", "d", "e"].map { limiter.admits($0) } == [true, true, false, false, false])
    }

    @Test(
        "Addresses that one client can have count as one, and no others do",
        arguments: [
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8::1", "2001:db8:0:0:ffff::2", true), ("2001:db8::1", "2001:db8:0:1::1", false),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false), ("::ffff:192.0.2.1", "192.0.2.1", true),
            ("::1", "::ffff:192.0.2.2", false), ("", "::1", false),
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
        #expect(!limiter.admits("a"))
        time.advance(by: .seconds(95))
        #expect(limiter.admits("a"))
    }
}
