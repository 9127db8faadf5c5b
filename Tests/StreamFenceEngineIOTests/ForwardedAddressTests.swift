import NIOHTTP1
import Testing

@testable import StreamFenceEngineIO

@Suite("Whose request it is that came through proxies")
struct ForwardedAddressTests {
    private func client(
        _ peer: String,
        _ forwarded: String...,
        trusting proxies: [String] = ["10.0.0.0/8", "2001:db8::/32"]
    ) throws -> String {
        var headers = HTTPHeaders()
        for value in forwarded { headers.add(name: "X-Forwarded-For", value: value) }
        let proxies = try proxies.map { try #require(AddressRange($0)) }
        return ForwardedAddress.resolve(peer: peer, headers, trusting: proxies)
    }

    @Test("The nearest address that is no trusted proxy's is the client's")
    func chain() throws {
        #expect(try client("10.0.0.1", "192.0.2.7") == "192.0.2.7")
        #expect(try client("10.0.0.1", "192.0.2.7, 10.0.0.2") == "192.0.2.7")
        #expect(try client("2001:db8::1", "192.0.2.7", "10.0.0.2 ,10.0.0.3") == "192.0.2.7")
        #expect(try client("10.0.0.1", "10.0.0.9") == "10.0.0.9")
        #expect(try client("10.0.0.1") == "10.0.0.1")
        #expect(try client("::ffff:10.0.0.1", "192.0.2.7") == "192.0.2.7")
    }

    @Test("What a client writes there itself is not believed")
    func forged() throws {
        #expect(try client("192.0.2.7", "203.0.113.1") == "192.0.2.7")
        #expect(try client("10.0.0.1", "203.0.113.1, 192.0.2.7") == "192.0.2.7")
        #expect(try client("10.0.0.1", "10.0.0.5, 192.0.2.7") == "192.0.2.7")
        #expect(try client("10.0.0.1", "192.0.2.7", trusting: []) == "10.0.0.1")
        let hops = Array(repeating: "10.0.0.2", count: 1000).joined(separator: ",")
        #expect(try client("10.0.0.1", "192.0.2.7," + hops) == "10.0.0.2")
    }

    @Test("Ports and brackets are left out, and what is no address ends the chain")
    func forms() throws {
        #expect(try client("10.0.0.1", "192.0.2.7:4711") == "192.0.2.7")
        #expect(try client("10.0.0.1", "[2001:db9::1]:4711") == "2001:db9::1")
        #expect(try client("10.0.0.1", "2001:db9::1") == "2001:db9::1")
        for nonsense in ["unknown", "", "_hidden", "192.0.2.0/24", "[::1", "1.2.3.4.5"] {
            #expect(try client("10.0.0.1", "192.0.2.7, " + nonsense + ", 10.0.0.2") == "10.0.0.2")
        }
        #expect(try client("10.0.0.1", "192.0.2.7,,10.0.0.2") == "10.0.0.2")
        #expect(try client("10.0.0.1", "192.0.2.7", "") == "10.0.0.1")
    }

    @Test(
        "A block holds the addresses whose first bits are the same",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
            ("192.0.2.128/25", "192.0.2.200", true),
            ("192.0.2.128/25", "192.0.2.100", false), ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("0.0.0.0/0", "203.0.113.1", true), ("0.0.0.0/0", "::1", false), ("::/0", "203.0.113.1", true),
            ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false), ("::1", "::1", true),
        ]
    )
    func blocks(block: String, address: String, isIn: Bool) throws {
        #expect(try #require(AddressRange(block)).contains(address) == isIn)
    }

    @Test(
        "Anything else is no block",
        arguments: [
            "", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "proxy", "10.0.0/8", "/8",
            "10.0.0.0/+8",
        ]
    )
    func noBlock(text: String) {
        #expect(AddressRange(text) == nil)
    }
}
