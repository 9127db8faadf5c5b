import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import StreamFenceEngineIO

@Suite("Shutting down")
struct ShutdownTests {
    @Test("With no session it is done at once, and new ones are refused")
    func empty() throws {
        let stage = Stage()
        let connection = try stage.connect()
        var isDone = false
        stage.server.shutDown(on: stage.loop).assumeIsolated().whenSuccess { isDone = true }
        #expect(isDone)
        #expect(try connection.get(Stage.pollingTarget).description == "503")
        #expect(try stage.connect().get(Stage.webSocketTarget, Connection.webSocketHeaders).description == "503")
    }

    @Test("Every client is told, and it is done when the last session has ended")
    func sessions() throws {
        let stage = Stage()
        let (polling, webSocket) = (try stage.openPolling(), try stage.openWebSocket())
        try polling.poll()
        var isDone = false
        stage.server.shutDown(on: stage.loop).assumeIsolated().whenSuccess { isDone = true }
        #expect(isDone)
        #expect(stage.server.sessionCount == 0)
        #expect(stage.applications.map(\.closed) == [[.serverShutdown], [.serverShutdown]])
        #expect(try polling.polled() == "200 1")
        #expect(try webSocket.frames() == ["close:1001"])
    }

    @Test("It may be asked for again before it is done, and both get to know the end")
    func twice() throws {
        let stage = Stage()
        let clients = [try stage.openPolling(), try stage.openPolling()]
        var done: [String] = []
        for application in stage.applications {
            // The first session to end asks again while the other one is still there.
            application.onClosed = { _ in
                guard stage.server.sessionCount == 1 else { return }
                stage.server.shutDown(on: stage.loop).assumeIsolated().whenSuccess { done.append("second") }
            }
        }
        stage.server.shutDown(on: stage.loop).assumeIsolated().whenSuccess { done.append("first") }
        #expect(done.sorted() == ["first", "second"])
        #expect(stage.server.sessionCount == 0)
        #expect(clients.count == 2)
    }
}

@Suite("A closed session is released")
struct ReleaseTests {
    @Test("After a polling client's end nothing holds its session")
    func polling() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.poll()
        #expect(stage.application.session != nil)
        _ = try client.post("1")
        #expect(stage.application.session == nil)
    }

    @Test("After a waiting GET was given up nothing holds the session")
    func abortedGet() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.poll()
        client.gets.disconnect()
        #expect(stage.application.session == nil)
    }

    @Test("After a websocket's end nothing holds its session or its channel")
    func webSocket() throws {
        let stage = Stage()
        weak var channel: EmbeddedChannel?
        do {
            let client = try stage.openWebSocket()
            channel = client.channel
            stage.application.send("a")
            try client.sendPacket("4b")
            try client.send(.close(1000))
        }
        stage.tick()
        #expect(stage.application.session == nil)
        #expect(channel == nil)
    }

    @Test("After an upgrade and its end nothing holds the session, not even a deadline")
    func upgraded() throws {
        let stage = Stage()
        weak var channel: EmbeddedChannel?
        do {
            let (client, webSocket) = try stage.openUpgraded()
            channel = webSocket.channel
            try webSocket.send(.close(1000))
            client.gets.disconnect()
        }
        stage.tick()
        #expect(stage.application.session == nil)
        #expect(channel == nil)
    }

    @Test("A session that ends with a candidate lets go of both")
    func candidate() throws {
        let stage = Stage()
        weak var channel: EmbeddedChannel?
        do {
            let client = try stage.openPolling()
            let webSocket = try stage.openCandidate(client)
            channel = webSocket.channel
            try webSocket.sendPacket("2probe")
            _ = try client.post("1")
            webSocket.disconnect()
        }
        // The closing handshake's own deadline holds the handler.
        stage.advance(.seconds(2))
        #expect(stage.application.session == nil)
        #expect(channel == nil)
    }

    @Test(
        "A session that the application closes on opening is released too",
        arguments: [EngineIOTransport.polling, .webSocket]
    )
    func closedOnOpening(transport: EngineIOTransport) throws {
        let stage = Stage()
        stage.onOpen = { session, _ in session.close(.forcedClose) }
        let connection = try stage.connect()
        if transport == .polling {
            let answer = try connection.get(Stage.pollingTarget)
            #expect(answer.status == 200)
            #expect(answer.body.hasPrefix("0{") && answer.body.hasSuffix("}"), "the handshake alone")
            let sid = try #require(answer.body.firstMatch(of: /"sid":"([^"]+)"/)).1
            #expect(try connection.get("\(Stage.pollingTarget)&sid=\(sid)").body == "1", "the end")
        } else {
            try connection.upgrade(Stage.webSocketTarget)
            #expect(try connection.frames().last == "close:1000")
            try connection.send(.close(1000))
        }
        #expect(stage.server.sessionCount == 0)
        #expect(stage.application.closed == [.forcedClose])
        stage.advance(.seconds(2))
        #expect(stage.application.session == nil)
        #expect(connection.isOpen == (transport == .polling))
    }

    @Test("A ping time-out releases the session while its connection is still closing")
    func pingTimeout() throws {
        let stage = Stage()
        let client = try stage.openWebSocket()
        stage.advance(.seconds(45))
        #expect(stage.application.closed == [.pingTimeout])
        stage.advance(.seconds(2))
        #expect(stage.application.session == nil)
        #expect(!client.isOpen)
    }
}

@Suite("An application that acts inside its callbacks")
struct ReentrancyTests {
    @Test("It may send and flush on opening, behind the handshake", arguments: [EngineIOTransport.polling, .webSocket])
    func sendsOnOpening(transport: EngineIOTransport) throws {
        let stage = Stage()
        stage.onOpen = { session, _ in
            session.send(.text("first"))
            session.flush()
            if session.isWritable { session.write(.text("second")) }
            session.flush()
        }
        let connection = try stage.connect()
        if transport == .polling {
            let body = try connection.get(Stage.pollingTarget).body
            #expect(body.hasPrefix("0{") && body.hasSuffix("\u{1E}4first"))
        } else {
            try connection.upgrade(Stage.webSocketTarget)
            let frames = try connection.frames()
            #expect(frames.first?.hasPrefix("0{") == true)
            #expect(frames.dropFirst() == ["4first", "4second"])
        }
    }

    @Test("It may close while it receives: nothing more is received")
    func closesWhileReceiving() throws {
        let stage = Stage()
        stage.onOpen = { _, application in application.onMessage = { session, _ in session.close(.forcedClose) } }
        let polling = try stage.openPolling()
        try polling.poll()
        #expect(try polling.post("4a\u{1E}4b\u{1E}4c") == "200 ok")
        #expect(stage.application.texts == ["a"])
        #expect(try polling.polled() == "200 1")

        let webSocket = try stage.openWebSocket()
        try webSocket.send(ClientFrame.text("4a").bytes + ClientFrame.text("4b").bytes)
        #expect(stage.application.texts == ["a"])
        #expect(try webSocket.frames() == ["close:1000"])
    }

    @Test("It may close when told that there is room")
    func closesWhenWritable() throws {
        let stage = Stage { $0.highWaterMark = 10 }
        stage.onOpen = { _, application in application.onWritable = { $0.close(.forcedClose) } }
        let polling = try stage.openPolling()
        #expect(stage.application.session?.isWritable == false)
        try polling.poll()
        #expect(try polling.polled() == "200 1")
        #expect(stage.application.closed == [.forcedClose])

        let webSocket = try stage.openWebSocket()
        let session = try #require(stage.application.session)
        session.write(.text(100))
        #expect(!session.isWritable)
        session.flush()
        stage.tick()
        #expect(stage.application.closed == [.forcedClose])
        #expect(try webSocket.frames().last == "close:1000")
    }

    @Test(
        "It may send and close again while it is told of the end",
        arguments: [EngineIOTransport.polling, .webSocket]
    )
    func actsOnClose(transport: EngineIOTransport) throws {
        let stage = Stage()
        stage.onOpen = { _, application in
            application.onClosed = { session in
                #expect(session.isClosed && !session.isWritable)
                session.send(.text("late"))
                session.flush()
                session.close(.forcedClose)
            }
        }
        if transport == .polling {
            let client = try stage.openPolling()
            #expect(try client.post("1") == "200 ok")
        } else {
            try stage.openWebSocket().send(.close(1000))
        }
        #expect(stage.application.closed == [.transportClose])
    }

    @Test("It may shut the server down from a message")
    func shutsDown() throws {
        let stage = Stage()
        stage.onOpen = { [unowned stage] _, application in
            application.onMessage = { _, _ in _ = stage.server.shutDown(on: stage.loop) }
        }
        let client = try stage.openPolling()
        #expect(try client.post("4a\u{1E}4b") == "200 ok")
        #expect(stage.application.closed == [.serverShutdown])
        #expect(stage.application.texts == ["a"])
    }

    @Test("It may send from a message that the end of the upgrade lets through")
    func sendsWhenUpgraded() throws {
        let stage = Stage()
        stage.onOpen = { _, application in
            application.onWritable = { session in
                session.write(.text("now"))
                session.flush()
            }
        }
        let client = try stage.openPolling()
        let webSocket = try stage.openCandidate(client)
        try webSocket.sendPacket("2probe")
        stage.application.send("before")
        #expect(stage.application.session?.isWritable == false)
        try webSocket.sendPacket("5")
        #expect(try webSocket.frames() == ["3probe", "4before", "4now"])
    }
}

private func + (lhs: ByteBuffer, rhs: ByteBuffer) -> ByteBuffer {
    var sum = lhs
    sum.writeImmutableBuffer(rhs)
    return sum
}
