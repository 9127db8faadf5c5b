import NIOCore
import NIOEmbedded
import Testing

@testable import StreamFenceEngineIO

@Suite("Moving from polling to websocket")
struct UpgradeTests {
    @Test("Probe, answer, upgrade: the session goes on over the websocket, and polling with its id is over")
    func upgrade() throws {
        let stage = Stage()
        stage.onOpen = { _, application in application.echoes() }
        let (client, webSocket) = try stage.openUpgraded()
        #expect(stage.application.session?.transport == .webSocket)
        try webSocket.sendPacket("4hello")
        #expect(try webSocket.frames() == ["4hello"])
        try client.poll()
        #expect(try client.polled() == #"400 {"code":3,"message":"Bad request"}"#)
        #expect(try client.post("4a") == #"400 {"code":3,"message":"Bad request"}"#)
        #expect(stage.application.closed.isEmpty)
    }

    @Test("The waiting GET is released with a noop when the probe is answered")
    func releasesPoll() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.poll()
        let webSocket = try stage.openCandidate(client)
        #expect(try client.polled() == nil)
        try webSocket.sendPacket("2probe")
        #expect(try webSocket.frames() == ["3probe"])
        #expect(try client.polled() == "200 6")
        try client.poll()
        #expect(try client.polled() == "200 6")
    }

    @Test("What is sent during the upgrade arrives on the websocket, in order and before what follows")
    func messagesDuringUpgrade() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        let webSocket = try stage.openCandidate(client)
        try webSocket.sendPacket("2probe")
        #expect(try webSocket.frames() == ["3probe"])
        stage.application.send("one")
        stage.application.session?.send(EncodedMessage(.message(.binary(ByteBuffer(bytes: [2])))))
        stage.tick()
        #expect(try webSocket.frames() == [])
        try webSocket.channel.writeInbound(ClientFrame.text("5").bytes)
        stage.application.send("three")
        stage.tick()
        #expect(try webSocket.frames() == ["4one", "<2>", "4three"])
    }

    @Test("Until the probe is answered messages still go to the waiting GET")
    func messagesWhileProbing() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.poll()
        _ = try stage.openCandidate(client)
        stage.application.send("a")
        stage.tick()
        #expect(try client.polled() == "200 4a")
    }

    @Test("A message that is sent in the tick of the probe leaves with the released GET")
    func messageInTheTickOfTheProbe() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.poll()
        let webSocket = try stage.openCandidate(client)
        stage.application.send("a")
        try webSocket.channel.writeInbound(ClientFrame.text("2probe").bytes)
        stage.tick()
        #expect(try client.polled() == "200 4a")
        try webSocket.sendPacket("5")
        #expect(try webSocket.frames() == ["3probe"])
    }

    @Test("A POST during the upgrade is taken")
    func postDuringUpgrade() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        let webSocket = try stage.openCandidate(client)
        try webSocket.sendPacket("2probe")
        #expect(try client.post("4a") == "200 ok")
        #expect(stage.application.texts == ["a"])
    }

    @Test("A second websocket with the same id is closed without harm to the first")
    func secondCandidate() throws {
        let stage = Stage()
        stage.onOpen = { _, application in application.echoes() }
        let client = try stage.openPolling()
        let first = try stage.openCandidate(client)
        let second = try stage.openCandidate(client)
        #expect(try second.frames() == ["close:1008"])
        try first.sendPacket("2probe")
        try first.sendPacket("5")
        let third = try stage.openCandidate(client)
        #expect(try third.frames() == ["close:1008"])
        try second.sendPacket("4ignored")
        try third.send(.close(1008))
        #expect(!third.isOpen)
        try first.sendPacket("4a")
        #expect(try first.frames() == ["3probe", "4a"])
    }

    @Test("A candidate that takes too long is closed, and the session polls on", arguments: [false, true])
    func candidateTimeout(probed: Bool) throws {
        let stage = Stage { $0.upgradeTimeout = .seconds(3) }
        let client = try stage.openPolling()
        let webSocket = try stage.openCandidate(client)
        if probed { try webSocket.sendPacket("2probe") }
        stage.application.send("a")
        stage.advance(.milliseconds(2_999))
        #expect(try webSocket.frames() == (probed ? ["3probe"] : []))
        stage.advance(.milliseconds(1))
        #expect(try webSocket.frames() == ["close:1008"])
        #expect(stage.server.timedOut[.upgrade] == 1)
        try client.poll()
        #expect(try client.polled() == "200 4a")
        #expect(stage.application.closed.isEmpty)
        #expect(try stage.openCandidate(client).frames() == [], "another attempt is welcome")
    }

    @Test("A candidate that took over in time has no deadline any more")
    func deadlineIsOver() throws {
        let stage = Stage { $0.upgradeTimeout = .seconds(3) }
        let (_, webSocket) = try stage.openUpgraded()
        stage.advance(.seconds(10))
        #expect(try webSocket.frames() == [])
        #expect(webSocket.isOpen)
    }

    @Test("The deadline of one attempt is not that of the next")
    func secondAttempt() throws {
        let stage = Stage { $0.upgradeTimeout = .seconds(3) }
        let client = try stage.openPolling()
        try stage.openCandidate(client).disconnect()
        stage.advance(.seconds(2))
        let webSocket = try stage.openCandidate(client)
        stage.advance(.seconds(2))
        #expect(try webSocket.frames() == [])
        stage.advance(.seconds(1))
        #expect(try webSocket.frames() == ["close:1008"])
    }

    @Test("A lost candidate leaves the session polling, with what was sent meanwhile", arguments: [false, true])
    func lostCandidate(probed: Bool) throws {
        let stage = Stage()
        let client = try stage.openPolling()
        let webSocket = try stage.openCandidate(client)
        if probed { try webSocket.sendPacket("2probe") }
        stage.application.send("a")
        stage.tick()
        webSocket.disconnect()
        try client.poll()
        #expect(try client.polled() == "200 4a")
        stage.application.send("b")
        try client.poll()
        #expect(try client.polled() == "200 4b")
    }

    @Test(
        "A candidate that breaks the rules is closed alone",
        arguments: [
            (ClientFrame.text("abc"), "close:1008"), (.text("4a"), "close:1008"), (.text("5"), "close:1008"),
            (.binary([1]), "close:1008"),
            (ClientFrame(opcode: 3, payload: []), "close:1002"),
            (.text(String(repeating: "4", count: 200)), "close:1009"),
            (.close(1000), "close:1000"),
        ]
    )
    func badCandidate(frame: ClientFrame, close: String) throws {
        let stage = Stage { $0.maxPayload = 100 }
        let client = try stage.openPolling()
        let webSocket = try stage.openCandidate(client)
        try webSocket.send(frame)
        #expect(try webSocket.frames() == [close])
        stage.advance(.seconds(2))
        #expect(!webSocket.isOpen)
        #expect(stage.application.closed.isEmpty)
        #expect(try client.post("4a") == "200 ok")
    }

    @Test("A handshake that waited behind the released GET on the same connection is served")
    func pipelinedHandshake() throws {
        let stage = Stage()
        stage.onOpen = { _, application in application.echoes() }
        let client = try stage.openPolling()
        let headers = Connection.webSocketHeaders.map { "\($0.key): \($0.value)\r\n" }.joined()
        var bytes = ByteBuffer(string: "GET \(client.target) HTTP/1.1\r\n\r\n")
        bytes.writeString("GET \(Stage.webSocketTarget)&sid=\(client.sid) HTTP/1.1\r\n\(headers)\r\n")
        bytes.writeImmutableBuffer(ClientFrame.text("2probe").bytes)
        try client.gets.send(bytes)
        #expect(try client.polled() == nil)
        stage.application.send("a")
        stage.tick()
        #expect(try client.polled() == "200 4a")
        #expect(try client.polled() == "101")
        try client.gets.sendPacket("5")
        try client.gets.sendPacket("4b")
        #expect(try client.gets.frames() == ["3probe", "4b"])
        stage.advance(.seconds(20))
        #expect(client.gets.isOpen)
    }

    @Test("A session that ends takes its candidate along")
    func sessionEnds() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        let webSocket = try stage.openCandidate(client)
        _ = try client.post("1")
        #expect(try webSocket.frames() == ["close:1001"])
        #expect(stage.application.closed == [.transportClose])
    }

    @Test("A session that was a websocket from the start takes no candidate")
    func webSocketSession() throws {
        let stage = Stage()
        let first = try stage.openWebSocket()
        let sid = try #require(stage.application.session?.id)
        let second = try stage.connect()
        try second.upgrade("\(Stage.webSocketTarget)&sid=\(sid)")
        #expect(try second.frames() == ["close:1008"])
        #expect(first.isOpen)
        #expect(stage.application.closed.isEmpty)
    }
}
