import NIOCore
import NIOEmbedded
import Testing

@testable import StreamFenceEngineIO

@Suite("Websocket sessions")
struct WebSocketTests {
    @Test("Text and binary messages are echoed")
    func echo() throws {
        let stage = Stage()
        let client = try stage.openWebSocket()
        stage.application.echoes()
        try client.sendPacket("4hello")
        try client.send(.binary([1, 2, 3, 4]))
        #expect(stage.application.texts == ["hello", "<1 2 3 4>"])
        #expect(try client.frames() == ["4hello", "<1 2 3 4>"])
    }

    @Test("The 101 is the last of HTTP: the handshake packet follows as a frame")
    func switching() throws {
        let connection = try Stage().connect()
        try connection.request("GET", Stage.webSocketTarget, Connection.webSocketHeaders)
        let answer = try #require(try connection.answer())
        #expect(answer.status == 101)
        #expect(answer["upgrade"] == "websocket")
        #expect(answer["connection"] == "upgrade")
        #expect(answer["content-length"] == nil && answer["transfer-encoding"] == nil)
        #expect(try connection.frames().first?.hasPrefix("0{\"sid\":") == true)
    }

    @Test("Frames in the same bytes as the handshake are read")
    func earlyFrames() throws {
        let stage = Stage()
        let connection = try stage.connect()
        var bytes = ByteBuffer(string: "GET \(Stage.webSocketTarget) HTTP/1.1\r\n")
        for (name, value) in Connection.webSocketHeaders { bytes.writeString("\(name): \(value)\r\n") }
        bytes.writeString("\r\n")
        bytes.writeImmutableBuffer(ClientFrame.text("4early").bytes)
        try connection.send(bytes)
        #expect(stage.application.texts == ["early"])
        try connection.sendPacket("4later")
        #expect(stage.application.texts == ["early", "later"])
    }

    @Test("A ping frame is answered with its content, a pong frame with nothing")
    func pingFrame() throws {
        let client = try Stage().openWebSocket()
        try client.send(.ping("abc"))
        try client.send(.pong("unasked"))
        #expect(try client.frames() == ["pong:abc"])
    }

    @Test("A client that pings and does not read gets no pile of pongs")
    func pingFlood() throws {
        let client = try Stage().openWebSocket()
        client.channel.isWritable = false
        for _ in 0..<10 { try client.send(.ping("")) }
        #expect(try client.frames() == [])
    }

    @Test("A close packet ends the session and the connection")
    func closePacket() throws {
        let stage = Stage()
        let client = try stage.openWebSocket()
        try client.sendPacket("1")
        #expect(stage.application.closed == [.transportClose])
        #expect(try client.frames() == ["close:1000"])
        try client.send(.close(1000))
        #expect(!client.isOpen)
    }

    @Test(
        "A close frame is answered once, with its own code, and ends the session",
        arguments: [
            (1000, "close:1000"), (1001, "close:1001"), (3000, "close:3000"), (4999, "close:4999"), (nil, "close:"),
        ] as [(UInt16?, String)]
    )
    func closeFrame(code: UInt16?, answer: String) throws {
        let stage = Stage()
        let client = try stage.openWebSocket()
        try client.send(.close(code))
        #expect(try client.frames() == [answer])
        #expect(!client.isOpen)
        #expect(stage.application.closed == [.transportClose])
    }

    @Test("A lost connection ends the session")
    func lostConnection() throws {
        let stage = Stage()
        let client = try stage.openWebSocket()
        client.disconnect()
        #expect(stage.application.closed == [.transportClose])
        #expect(stage.server.sessionCount == 0)
    }

    struct ConnectionReset: Error {}

    @Test("A connection that fails ends the session once")
    func reset() throws {
        let stage = Stage()
        let client = try stage.openWebSocket()
        client.channel.pipeline.fireErrorCaught(ConnectionReset())
        stage.tick()
        #expect(!client.isOpen)
        #expect(stage.application.closed == [.transportError])
    }

    @Test("A connection that breaks under the 101 leaves no session behind")
    func brokenUnderHandshake() throws {
        let stage = Stage()
        let connection = try stage.connect()
        connection.kernel.breakDown()
        try connection.request("GET", Stage.webSocketTarget, Connection.webSocketHeaders)
        #expect(!connection.isOpen)
        #expect(stage.server.sessionCount == 0)
    }

    @Test("A connection that breaks under its answer ends alone", arguments: ["/", Stage.pollingTarget])
    func brokenUnderAnswer(target: String) throws {
        let connection = try Stage().connect()
        connection.kernel.breakDown()
        try connection.request("GET", target)
        #expect(!connection.isOpen)
    }

    struct Offence: Sendable, CustomTestStringConvertible {
        let what: String
        let frame: ClientFrame
        let close: String
        let reason: EngineIOCloseReason
        var testDescription: String { what }
    }

    static let offences: [Offence] = [
        Offence(
            what: "an unmasked frame",
            frame: ClientFrame(opcode: 1, payload: [0x34], mask: nil),
            close: "close:1002",
            reason: .transportError
        ),
        Offence(
            what: "a reserved bit",
            frame: ClientFrame(opcode: 1, payload: [0x34], reserved: 4),
            close: "close:1002",
            reason: .transportError
        ),
        Offence(what: "a forbidden close code", frame: .close(1005), close: "close:1002", reason: .transportError),
        Offence(
            what: "text that is not UTF-8",
            frame: ClientFrame(opcode: 1, payload: [0x34, 0xFF]),
            close: "close:1007",
            reason: .transportError
        ),
        Offence(
            what: "too large a message",
            frame: .text("4" + String(repeating: "x", count: 101)),
            close: "close:1009",
            reason: .payloadTooLarge
        ),
        Offence(what: "no packet", frame: .text("abc"), close: "close:1002", reason: .parseError),
        Offence(what: "an empty packet", frame: .text(""), close: "close:1002", reason: .parseError),
        Offence(what: "a ping packet", frame: .text("2"), close: "close:1002", reason: .parseError),
        Offence(what: "an open packet", frame: .text("0"), close: "close:1002", reason: .parseError),
    ]

    @Test("A broken rule is answered with one close frame of the right code, and ends the session", arguments: offences)
    func offence(offence: Offence) throws {
        let stage = Stage { $0.maxPayload = 100 }
        let client = try stage.openWebSocket()
        stage.application.send("waits for the end of the tick")
        try client.channel.writeInbound(offence.frame.bytes)
        #expect(stage.application.closed == [offence.reason])
        stage.tick()
        #expect(try client.frames().last == offence.close)
        #expect(client.isOpen, "until the client has answered")
        stage.advance(.seconds(2))
        #expect(!client.isOpen)
        #expect(try client.frames() == [])
    }

    @Test("A message may be as large as maxPayload")
    func largest() throws {
        let stage = Stage { $0.maxPayload = 100 }
        let client = try stage.openWebSocket()
        try client.sendPacket("4" + String(repeating: "x", count: 100))
        #expect(stage.application.received.first?.count == 100)
    }

    @Test("The rest of too large a message is read and forgotten, so that the client hears why")
    func restOfOversize() throws {
        let stage = Stage { $0.maxPayload = 100 }
        let client = try stage.openWebSocket()
        let bytes = ClientFrame.binary([UInt8](repeating: 0xFF, count: 5_000)).bytes
        for start in stride(from: 0, to: bytes.readableBytes, by: 1_000) {
            let length = min(1_000, bytes.readableBytes - start)
            try client.send(try #require(bytes.getSlice(at: start, length: length)))
        }
        #expect(client.isOpen)
        #expect(try client.frames() == ["close:1009"])
        stage.advance(.seconds(2))
        #expect(!client.isOpen)
    }

    @Test("After a close nothing more is received or sent")
    func afterClose() throws {
        let stage = Stage()
        let client = try stage.openWebSocket()
        let session = try #require(stage.application.session)
        session.close(.forcedClose)
        session.send(.text("late"))
        session.write(.text("late"))
        session.flush()
        try client.sendPacket("4late")
        try client.send(.ping("late"))
        stage.tick()
        #expect(try client.frames() == ["close:1000"])
        #expect(stage.application.received.isEmpty)
        #expect(stage.application.closed == [.forcedClose])
    }

    @Test(
        "Each end has its close code",
        arguments: [
            (EngineIOCloseReason.forcedClose, 1000), (.serverShutdown, 1001), (.parseError, 1002),
            (.slowConsumer, 1008),
            (.payloadTooLarge, 1009),
        ]
    )
    func closeCodes(reason: EngineIOCloseReason, code: Int) throws {
        let stage = Stage()
        let client = try stage.openWebSocket()
        stage.application.send("last words")
        stage.application.session?.close(reason)
        #expect(try client.frames() == ["4last words", "close:\(code)"])
    }

    @Test("Reading goes on after a close, even if it was held back")
    func readingAfterClose() throws {
        let stage = Stage()
        let client = try stage.openWebSocket()
        stage.application.session?.close(.forcedClose)
        let reading = client.channel.options.last { $0.option is ChannelOptions.Types.AutoReadOption }?.value as? Bool
        #expect(reading == true)
    }
}
