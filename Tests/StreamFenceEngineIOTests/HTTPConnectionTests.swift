import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import StreamFenceEngineIO

@Suite("HTTP connections")
struct HTTPConnectionTests {
    @Test("A connection serves one request after another")
    func keepAlive() throws {
        let stage = Stage()
        let connection = try stage.connect()
        for _ in 0..<3 {
            let answer = try connection.get(Stage.pollingTarget)
            #expect(answer.status == 200)
            #expect(answer["connection"] == nil)
        }
        #expect(connection.isOpen)
    }

    @Test("A client that asks for the end of the connection gets it", arguments: ["close", "Close"])
    func connectionClose(value: String) throws {
        let stage = Stage()
        let connection = try stage.connect()
        let answer = try connection.get(Stage.pollingTarget, ["connection": value])
        #expect(answer.status == 200)
        #expect(answer["connection"] == "close")
        #expect(!connection.isOpen)
    }

    @Test("A held GET that asks for the end of the connection gets both")
    func heldGetWithClose() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.gets.request("GET", client.target, ["connection": "close"])
        stage.application.send("a")
        stage.tick()
        #expect(try client.polled() == "200 4a")
        #expect(!client.gets.isOpen)
        #expect(stage.server.sessionCount == 1)
    }

    @Test("A request of HTTP 1.0 ends its connection")
    func http10() throws {
        let connection = try Stage().connect()
        try connection.send("GET \(Stage.pollingTarget) HTTP/1.0\r\n\r\n")
        #expect(try connection.answer()?.status == 200)
        #expect(!connection.isOpen)
    }

    @Test(
        "Bytes that are no HTTP are answered with 400 and the end",
        arguments: [
            "\u{0}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/3.0\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n",
            "POST /engine.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\ncontent-length: x\r\n\r\n",
            "POST /engine.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            "POST /elsewhere HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        ]
    )
    func malformed(bytes: String) throws {
        let connection = try Stage().connect()
        try connection.send(bytes)
        var statuses: [Int] = []
        while let answer = try connection.answer() { statuses.append(answer.status) }
        #expect(statuses.last == 400)
        #expect(!connection.isOpen)
    }

    @Test("Bytes that are no HTTP behind a held GET end the connection, and with it the session")
    func malformedBehindHeldGet() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.poll()
        try client.gets.send("nonsense\r\n\r\n")
        try client.gets.send("more nonsense\r\n\r\n")
        #expect(!client.gets.isOpen)
        #expect(stage.application.closed == [.transportClose])
    }

    @Test("A head larger than the limit is refused as such")
    func hugeHead() throws {
        let connection = try Stage().connect()
        try connection.send("GET / HTTP/1.1\r\nx: \(String(repeating: "y", count: 100_000))\r\n\r\n")
        #expect(try connection.answer()?.status == 431)
        #expect(!connection.isOpen)
    }

    struct ConnectionReset: Error {}

    @Test(
        "A connection that is reset just ends, whatever it was doing",
        arguments: [
            "", "GET /engine.io/", "GET /engine.io/?EIO=4&transport=polling HTTP/1.1\r\n\r\n",
            "POST /engine.io/?EIO=4&transport=polling HTTP/1.1\r\ncontent-length: 9\r\n\r\n4a",
            "POST /elsewhere HTTP/1.1\r\ncontent-length: 9\r\n\r\n4a",
        ]
    )
    func reset(before: String) throws {
        let connection = try Stage().connect()
        try connection.send(before)
        connection.channel.pipeline.fireErrorCaught(ConnectionReset())
        connection.channel.embeddedEventLoop.run()
        #expect(!connection.isOpen)
    }

    @Test("A reset under a held GET ends the session")
    func resetHeldGet() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.poll()
        client.gets.channel.pipeline.fireErrorCaught(ConnectionReset())
        #expect(stage.application.closed == [.transportClose])
    }

    @Test("HEAD is refused without a body")
    func head() throws {
        let connection = try Stage().connect()
        try connection.request("HEAD", Stage.pollingTarget)
        let bytes = String(buffer: try connection.bytes())
        #expect(bytes.hasPrefix("HTTP/1.1 400") && bytes.hasSuffix("\r\n\r\n"))
    }

    @Test("After CONNECT the parser reads nothing more, so the connection ends")
    func connect() throws {
        let connection = try Stage().connect()
        try connection.send("CONNECT server.test:80 HTTP/1.1\r\n\r\n")
        #expect(try connection.answer()?.status == 404)
        #expect(!connection.isOpen)
    }

    @Test("A request that waits behind a held GET is served after it")
    func pipelined() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        let get = "GET \(client.target) HTTP/1.1\r\n\r\n"
        try client.gets.send(get + get)
        #expect(try client.polled() == nil)
        stage.application.send("a")
        stage.tick()
        #expect(try client.polled() == "200 4a")
        stage.application.send("b")
        stage.tick()
        #expect(try client.polled() == "200 4b")
    }

    @Test("Thousands of requests behind a held GET are served one after the other, not one inside the other")
    func manyPipelined() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        let count = 20_000
        try client.gets.send(
            "GET \(client.target) HTTP/1.1\r\n\r\n" + String(repeating: "GET / HTTP/1.1\r\n\r\n", count: count)
        )
        stage.application.send("a")
        stage.tick()
        #expect(try client.polled() == "200 4a")
        let answers = String(buffer: try client.gets.bytes())
        #expect(
            answers.utf8.split(separator: UInt8(ascii: "\n")).count { $0.starts(with: "HTTP/1.1 404".utf8) } == count
        )
    }
}
