import NIOCore
import StreamFenceTestSupport
import Testing

@testable import StreamFenceEngineIO

@Suite("When HTTP gives way to websocket")
struct UpgradeParsingTests {
    /// Whether `head` asks for a websocket in the server's eyes decides who reads what follows; the parser decides for
    /// itself. Where they disagree the websocket would be handed HTTP.
    @Test(
        "A request behind a websocket handshake is never parsed as HTTP",
        arguments: [
            "Upgrade", "upgrade", "keep-alive, Upgrade", "Upgrade,keep-alive", "UPGRADE ", "close, upgrade",
            "upgrade\t",
            "foo,upgrade", "foo , upgrade ,", ",upgrade", "upgrades", "keep-alive", "", "x upgrade", "upgrade;q=1",
            "close,\r\n upgrade", "\r\n upgrade", "upgrade\r\nconnection: close", "close\r\nconnection: upgrade",
            "keep-alive\r\nConnection: upgrade", "upgrade, upgrade", "\"upgrade\"",
        ]
    )
    func connectionHeader(value: String) throws {
        try expectNoTrap("connection: \(value)\r\n")
    }

    @Test(
        "Nor with a body, a length or an encoding",
        arguments: [
            "content-length: 0\r\n", "content-length: 5\r\n", "transfer-encoding: chunked\r\n",
        ]
    )
    func body(header: String) throws {
        try expectNoTrap("connection: upgrade\r\n" + header)
    }

    @Test("Nor with random headers")
    func random() throws {
        let seed = printedSeed()
        var generator = SeededGenerator(seed: seed)
        let names = ["connection", "Upgrade", "x", "content-length", "transfer-encoding"]
        let pieces = [
            "upgrade", "Upgrade", "websocket", "close", "keep-alive", ",", " ", "\t", ";", "x", "\r\n ", "\r\n\t", "\"",
            "0", "5",
            "chunked", "é", "\u{1}",
        ]
        for _ in 0..<3_000 {
            var block = Bool.random(using: &generator) ? "connection: upgrade\r\n" : ""
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let value = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                    pieces.randomElement(using: &generator) ?? ""
                }
                block += "\(names.randomElement(using: &generator) ?? ""):\(value.joined())\r\n"
            }
            try expectNoTrap(block)
        }
    }

    @Test(
        "What browsers and proxies send is a handshake",
        arguments: [
            "Upgrade", "upgrade", "keep-alive, Upgrade", "Upgrade, keep-alive", "close,upgrade ",
        ]
    )
    func usual(value: String) throws {
        var headers = Connection.webSocketHeaders
        headers["connection"] = value
        let connection = try Stage().connect()
        #expect(try connection.get(Stage.webSocketTarget, headers).status == 101)
    }

    private func expectNoTrap(_ header: String) throws {
        let stage = Stage()
        let connection = try stage.connect()
        let handshake = Connection.webSocketHeaders.filter { $0.key != "connection" }.map {
            "\($0.key): \($0.value)\r\n"
        }
        let request = "GET \(Stage.webSocketTarget) HTTP/1.1\r\nhost: x\r\n\(handshake.joined())\(header)\r\n"
        // Whatever the outcome, it has to be one: a trap ends the tests.
        try? connection.send(request + "GET / HTTP/1.1\r\n\r\n")
        try? connection.send("GET / HTTP/1.1\r\n\r\n")
    }
}
