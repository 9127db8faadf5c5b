import NIOCore
import NIOEmbedded
import StreamFenceEngineIO
import StreamFenceSocketIO
import Testing

@testable import StreamFenceClient

@Suite("The handler of a connection, against a server played by the test")
struct ClientHandlerTests {
    @Test("asks for its namespace, and is told its name")
    func joins() throws {
        let server = try PlayedServer(auth: try JSONFragment(validating: #"{"token":"x"}"#))
        try server.open()
        #expect(try server.sent() == [.message(.text(ByteBuffer(string: #"0/feed,{"token":"x"}"#)))])
        try server.join()
        #expect(try server.joined.futureResult.wait().id == "name")
    }

    @Test("answers a heartbeat with its content, and ends when the next one does not come in time")
    func heartbeat() throws {
        let server = try PlayedServer()
        try server.open()
        try server.join()
        _ = try server.sent()
        for _ in 0..<3 {
            server.channel.embeddedEventLoop.advanceTime(by: .milliseconds(299))
            try server.send(.ping(ByteBuffer(string: "hey")))
            #expect(try server.sent() == [.pong(ByteBuffer(string: "hey"))])
        }
        server.channel.embeddedEventLoop.advanceTime(by: .milliseconds(299))
        #expect(server.events.closeReason == nil)
        server.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(server.events.closeReason == .heartbeatMissing(within: .milliseconds(300)))
        #expect(try server.closeCode() == 1008)
        // No answer: the channel is closed all the same.
        server.channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!server.channel.isActive)
    }

    @Test("misses no heartbeats while it does not read, and reads again when there is room")
    func heldReads() async throws {
        let server = try PlayedServer()
        try server.open()
        try server.join()
        try server.send(text: #"2/feed,["a","\#(String(repeating: "x", count: 2_000))"]"#)
        // Not looked at: the events are full.
        try server.send(text: #"2/feed,["b"]"#)
        server.channel.embeddedEventLoop.advanceTime(by: .minutes(1))
        #expect(server.events.closeReason == nil)
        #expect(await server.events.next().event?.name == "a")
        server.handler.resumeReading()
        #expect(await server.events.next().event?.name == "b")
        server.channel.embeddedEventLoop.advanceTime(by: .milliseconds(300))
        #expect(server.events.closeReason == .heartbeatMissing(within: .milliseconds(300)))
    }

    @Test("gives out what had arrived when the connection was lost, even beyond what it holds otherwise")
    func lostWhileFull() async throws {
        let server = try PlayedServer()
        try server.open()
        try server.join()
        for name in ["a", "b", "c"] {
            try server.send(text: #"2/feed,["\#(name)","\#(String(repeating: "x", count: 2_000))"]"#)
        }
        _ = try server.channel.finish()
        for name in ["a", "b", "c"] {
            #expect(await server.events.next().event?.name == name)
        }
        #expect(await server.events.next().event == nil)
        #expect(server.events.closeReason == .connectionLost(nil))
    }

    @Test("a frame no server may send ends the connection, after the code that says so")
    func brokenFrame() throws {
        let server = try PlayedServer()
        try server.open()
        try server.join()
        // Reserved bits; then something that would be a ping.
        try server.channel.writeInbound(ByteBuffer(bytes: [0xF1, 0x00, 0x89, 0x00]))
        #expect(try server.closeCode() == 1002)
        #expect(!server.channel.isActive)
    }

    @Test("answers a ping of the websocket itself, and the server's close frame")
    func webSocketFrames() throws {
        let server = try PlayedServer()
        try server.open()
        try server.join()
        _ = try server.sent()
        try server.channel.writeInbound(ByteBuffer(bytes: [0x89, 0x02, 0x68, 0x69]))
        #expect(try server.frames() == [.pong(ByteBuffer(string: "hi"))])
        try server.channel.writeInbound(ByteBuffer(bytes: [0x88, 0x02, 0x03, 0xE9]))
        #expect(try server.frames() == [.close(code: 1001)])
        #expect(!server.channel.isActive)
        #expect(server.events.closeReason == .closedByServer(code: 1001))
    }

    @Test("each frame is masked with a key of its own")
    func masks() throws {
        let server = try PlayedServer()
        try server.open()
        try server.join()
        _ = try server.rawFrames()
        server.handler.send(.event("same", SocketPayload()))
        server.handler.send(.event("same", SocketPayload()))
        server.channel.embeddedEventLoop.run()
        let frames = try server.rawFrames()
        #expect(frames.count == 2)
        #expect(frames.first != frames.last)
    }

    @Test(
        "ends a connection to a server that breaks the protocol, and says what it found",
        arguments: [
            "3{}", #"2/feed,["early"]"#, "0/other,{}", "0/feed,{}", "0/feed,[", #"2/feed,["disconnect"]"#, "9",
            "3/feed,1[]",
        ]
    )
    func violations(text: String) throws {
        let server = try PlayedServer()
        try server.open()
        _ = try server.sent()
        try server.send(text: text)
        #expect(throws: ConnectFailure.self) { try server.joined.futureResult.wait() }
        guard case .protocolViolation = server.events.closeReason else {
            Issue.record("expected a protocol violation, found \(server.events.closeReason as Any)")
            return
        }
        #expect(try server.closeCode() == 1002)
    }

    @Test(
        "takes no handshake without a heartbeat it can wait for",
        arguments: ["{}", #"{"pingInterval":0,"pingTimeout":1}"#, #"{"pingInterval":1,"pingTimeout":1e15}"#, "[", ""]
    )
    func handshakes(json: String) throws {
        let server = try PlayedServer()
        try server.send(.open(ByteBuffer(string: json)))
        let failure = #expect(throws: ConnectFailure.self) { try server.joined.futureResult.wait() }
        #expect(failure?.step == .engine)
        #expect(failure?.code == .unexpectedAnswer)
    }
}

/// A ``ClientHandler`` in an embedded channel, and what its server would do.
private struct PlayedServer {
    let channel: EmbeddedChannel
    let handler: ClientHandler
    let joined: EventLoopPromise<Joined>
    let events = EventBuffer(highWatermark: 1_000, lowWatermark: 100)

    init(auth: JSONFragment? = nil) throws {
        channel = EmbeddedChannel()
        joined = channel.eventLoop.makePromise(of: Joined.self)
        handler = ClientHandler(namespace: "/feed", auth: auth, events: events, joined: joined)
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    func open() throws {
        try send(.open(ByteBuffer(string: #"{"sid":"s","pingInterval":100,"pingTimeout":200}"#)))
    }

    func join() throws {
        try send(text: #"0/feed,{"sid":"name"}"#)
    }

    func send(text: String) throws {
        try send(.message(.text(ByteBuffer(string: text))))
    }

    func send(_ packet: EnginePacket) throws {
        try channel.writeInbound(EncodedMessage(packet).frames)
        channel.embeddedEventLoop.run()
    }

    /// The frames the client has sent since the last call.
    func rawFrames() throws -> [ByteBuffer] {
        channel.embeddedEventLoop.run()
        var frames: [ByteBuffer] = []
        while let frame = try channel.readOutbound(as: ByteBuffer.self) { frames.append(frame) }
        return frames
    }

    func frames() throws -> [WebSocketFrameDecoder.Event] {
        var decoder = WebSocketFrameDecoder(role: .server, maxMessageBytes: 1_000_000)
        var events: [WebSocketFrameDecoder.Event] = []
        for frame in try rawFrames() {
            decoder.append(frame)
            while let event = try decoder.next() { events.append(event) }
        }
        return events
    }

    func sent() throws -> [EnginePacket] {
        try frames().map { event in
            guard case .message(.text(let text)) = event else { throw Unexpected(event: "\(event)") }
            return try EnginePacket(text: text)
        }
    }

    func closeCode() throws -> UInt16? {
        guard case .close(let code)? = try frames().last else { return nil }
        return code
    }

    struct Unexpected: Error {
        let event: String
    }
}
