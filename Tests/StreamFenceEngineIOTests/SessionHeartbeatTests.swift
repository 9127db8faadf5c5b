import NIOCore
import NIOEmbedded
import Testing

@testable import StreamFenceEngineIO

@Suite("The heartbeat of a session")
struct SessionHeartbeatTests {
    static func stage() -> Stage {
        Stage {
            $0.pingInterval = .milliseconds(300)
            $0.pingTimeout = .milliseconds(200)
        }
    }

    @Test("A polling client gets a ping each interval and stays while it answers")
    func polling() throws {
        let stage = Self.stage()
        let client = try stage.openPolling()
        for _ in 0..<5 {
            try client.poll()
            stage.advance(.milliseconds(299))
            #expect(try client.polled() == nil)
            stage.advance(.milliseconds(1))
            #expect(try client.polled() == "200 2")
            #expect(try client.post("3") == "200 ok")
        }
        #expect(stage.application.closed.isEmpty)
    }

    @Test("A websocket client gets a ping each interval and stays while it answers")
    func webSocket() throws {
        let stage = Self.stage()
        let client = try stage.openWebSocket()
        for _ in 0..<5 {
            stage.advance(.milliseconds(300))
            #expect(try client.frames() == ["2"])
            stage.advance(.milliseconds(150))
            try client.sendPacket("3")
        }
        #expect(stage.application.closed.isEmpty)
    }

    @Test("A polling client that does not answer is gone after pingTimeout")
    func pollingTimeout() throws {
        let stage = Self.stage()
        let client = try stage.openPolling()
        try client.poll()
        stage.advance(.milliseconds(300))
        #expect(try client.polled() == "200 2")
        try client.poll()
        stage.advance(.milliseconds(199))
        #expect(stage.application.closed.isEmpty)
        stage.advance(.milliseconds(1))
        #expect(stage.application.closed == [.pingTimeout])
        #expect(try client.polled() == "200 1")
        try client.poll()
        #expect(try client.polled()?.hasPrefix("400") == true)
    }

    @Test("A websocket client that does not answer is closed after pingTimeout")
    func webSocketTimeout() throws {
        let stage = Self.stage()
        let client = try stage.openWebSocket()
        stage.advance(.milliseconds(500))
        #expect(stage.application.closed == [.pingTimeout])
        #expect(try client.frames() == ["2", "close:1008"])
        stage.advance(.seconds(2))
        #expect(!client.isOpen)
    }

    @Test("Messages and pongs nobody asked for prolong nothing")
    func onlyPongsCount() throws {
        let stage = Self.stage()
        let client = try stage.openWebSocket()
        try client.sendPacket("3")
        stage.advance(.milliseconds(300))
        try client.sendPacket("4still here")
        try client.send(.pong(""))
        stage.advance(.milliseconds(200))
        #expect(stage.application.closed == [.pingTimeout])
    }

    @Test("An abandoned polling session ends by itself")
    func abandoned() throws {
        let stage = Self.stage()
        let client = try stage.openPolling()
        client.gets.disconnect()
        stage.advance(.milliseconds(500))
        #expect(stage.application.closed == [.pingTimeout])
        #expect(stage.server.sessionCount == 0)
    }

    @Test("A heartbeat that falls into an upgrade is sent over the websocket")
    func duringUpgrade() throws {
        let stage = Self.stage()
        let client = try stage.openPolling()
        let webSocket = try stage.openCandidate(client)
        try webSocket.sendPacket("2probe")
        stage.advance(.milliseconds(300))
        try webSocket.sendPacket("5")
        #expect(try webSocket.frames() == ["3probe", "2"])
        try webSocket.sendPacket("3")
        stage.advance(.milliseconds(299))
        #expect(stage.application.closed.isEmpty)
    }
}
