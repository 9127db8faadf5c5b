import NIOCore
import NIOEmbedded
import Testing

@testable import StreamFenceEngineIO

@Suite("HTTP deadlines")
struct HTTPDeadlineTests {
    static func stage() -> Stage {
        Stage {
            $0.requestTimeout = .seconds(3)
            $0.idleTimeout = .seconds(7)
        }
    }

    @Test("A connection that asks for nothing is closed after requestTimeout")
    func silent() throws {
        let stage = Self.stage()
        let connection = try stage.connect()
        stage.advance(.milliseconds(2_999))
        #expect(connection.isOpen)
        stage.advance(.milliseconds(1))
        #expect(!connection.isOpen)
        #expect(stage.server.timedOut[.request] == 1)
    }

    @Test("A head that trickles in is cut off after requestTimeout")
    func slowHead() throws {
        let stage = Self.stage()
        let connection = try stage.connect()
        for _ in 0..<3 {
            try connection.send("G")
            stage.advance(.seconds(1))
        }
        #expect(!connection.isOpen)
    }

    @Test(
        "A body that trickles in is cut off after requestTimeout",
        arguments: ["/engine.io/?EIO=4&transport=polling", "/"]
    )
    func slowBody(target: String) throws {
        let stage = Self.stage()
        let connection = try stage.connect()
        try connection.send("POST \(target) HTTP/1.1\r\ncontent-length: 100\r\n\r\n")
        for _ in 0..<7 where connection.isOpen {
            stage.advance(.seconds(1))
            if connection.isOpen { try connection.send("x") }
        }
        #expect(!connection.isOpen)
    }

    @Test("What comes after the deadline is too late, however long the connection takes to close")
    func afterTheDeadline() throws {
        let stage = Self.stage()
        let connection = try stage.connect()
        try connection.channel.pipeline.syncOperations.addHandler(SlowlyClosing(), position: .first)
        try connection.send("GET \(Stage.pollingTarget) HTTP/1.1\r\n")
        stage.advance(.seconds(3))
        #expect(connection.isOpen)
        try connection.send("\r\n")
        stage.advance(.seconds(20))
        #expect(stage.server.sessionCount == 0)
        #expect(try connection.answer() == nil)
        #expect(stage.server.timedOut[.request] == 1)
        #expect(stage.server.timedOut[.idle] == 0)
    }

    @Test("A connection that is to be closed does not rest, however long it takes to close")
    func closingIsNoRest() throws {
        let stage = Self.stage()
        let connection = try stage.connect()
        try connection.channel.pipeline.syncOperations.addHandler(SlowlyClosing(), position: .first)
        try connection.request("GET", "/", ["connection": "close"])
        #expect(try connection.answer()?.status == 404)
        stage.advance(.seconds(20))
        #expect(stage.server.timedOut[.idle] == 0)
    }

    @Test("A connection to several servers is counted by the one whose time is over")
    func countedByItsServer() throws {
        let stage = Self.stage()
        var configuration = EngineIOConfiguration()
        configuration.path = "/other/"
        configuration.requestTimeout = .seconds(2)
        let other = EngineIOServer(configuration: configuration, logger: .silent) { Application($0) }
        let connection = try Connection(to: [stage.server, other], on: stage.loop)
        try connection.send("POST /other/?EIO=4 HTTP/1.1\r\ncontent-length: 100\r\n\r\n")
        stage.advance(.seconds(2))
        #expect(!connection.isOpen)
        #expect(other.timedOut[.request] == 1)
        #expect(stage.server.timedOut[.request] == 0)
    }

    @Test("A connection may rest for idleTimeout between two requests")
    func idle() throws {
        let stage = Self.stage()
        let connection = try stage.connect()
        _ = try connection.get("/")
        stage.advance(.milliseconds(6_999))
        _ = try connection.get("/")
        stage.advance(.milliseconds(6_999))
        #expect(connection.isOpen)
        stage.advance(.milliseconds(1))
        #expect(!connection.isOpen)
        #expect(stage.server.timedOut[.idle] == 1)
        #expect(stage.server.timedOut[.request] == 0)
    }

    @Test("A held GET has no deadline but the heartbeat's")
    func held() throws {
        let stage = Self.stage()
        let client = try stage.openPolling()
        try client.poll()
        stage.advance(.seconds(20))
        #expect(client.gets.isOpen)
        #expect(stage.application.closed.isEmpty)
    }

    @Test("A GET that waited behind another has no deadline either")
    func heldBehindAnother() throws {
        let stage = Self.stage()
        let client = try stage.openPolling()
        let get = "GET \(client.target) HTTP/1.1\r\n\r\n"
        try client.gets.send(get + get)
        stage.application.send("a")
        stage.advance(.seconds(20))
        #expect(client.gets.isOpen)
        #expect(stage.application.closed.isEmpty)
    }

    @Test("A client that asks for the end and does not take the answer is cut off after idleTimeout")
    func unreadLastAnswer() throws {
        let stage = Self.stage()
        let connection = try stage.connect()
        connection.kernel.stall()
        try connection.request("GET", Stage.pollingTarget, ["connection": "close"])
        #expect(connection.isOpen)
        stage.advance(.seconds(7))
        #expect(!connection.isOpen)
    }

    @Test("A closed connection leaves no deadline behind")
    func released() throws {
        let stage = Self.stage()
        weak var channel: EmbeddedChannel?
        do {
            let connection = try stage.connect()
            channel = connection.channel
            _ = try connection.get("/")
            connection.disconnect()
        }
        #expect(channel == nil)
    }
}

/// Keeps a connection that is to be closed, as TLS does for a moment.
private final class SlowlyClosing: ChannelOutboundHandler {
    typealias OutboundIn = Any

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {}
}
