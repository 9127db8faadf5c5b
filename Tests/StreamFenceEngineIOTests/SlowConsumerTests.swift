import NIOCore
import NIOEmbedded
import Testing

@testable import StreamFenceEngineIO

@Suite("Clients that do not take what they are sent")
struct SlowConsumerTests {
    @Test("More than maxBufferedBytes waiting for a websocket ends its session")
    func webSocket() throws {
        let stage = Stage {
            $0.highWaterMark = 100
            $0.maxBufferedBytes = 1_000
        }
        let client = try stage.openWebSocket()
        client.kernel.stall()
        for _ in 0..<10 {
            stage.application.session?.send(.text(97))
            stage.tick()
        }
        #expect(stage.application.closed.isEmpty)
        stage.application.session?.send(.text(97))
        #expect(stage.application.closed == [.slowConsumer])
        client.kernel.drain()
        #expect(try client.frames().last == "close:1008")
    }

    @Test("A client that keeps up may be sent any amount")
    func keepsUp() throws {
        let stage = Stage {
            $0.highWaterMark = 100
            $0.maxBufferedBytes = 1_000
        }
        let client = try stage.openWebSocket()
        for _ in 0..<100 {
            stage.application.session?.send(.text(500))
            stage.tick()
        }
        #expect(stage.application.closed.isEmpty)
        #expect(try client.frames().count == 100)
    }

    @Test("More than maxBufferedBytes waiting for a GET ends the session")
    func polling() throws {
        let stage = Stage { $0.maxBufferedBytes = 1_000 }
        let client = try stage.openPolling()
        for _ in 0..<10 { stage.application.session?.send(.text(97)) }
        #expect(stage.application.closed.isEmpty)
        stage.application.session?.send(.text(1))
        #expect(stage.application.closed == [.slowConsumer])
        try client.poll()
        #expect(try client.polled()?.hasPrefix("400") == true)
    }

    @Test("More than maxBufferedBytes waiting for an upgrade ends the session")
    func upgrading() throws {
        let stage = Stage { $0.maxBufferedBytes = 1_000 }
        let client = try stage.openPolling()
        let webSocket = try stage.openCandidate(client)
        try webSocket.sendPacket("2probe")
        for _ in 0..<20 { stage.application.session?.send(.text(97)) }
        #expect(stage.application.closed == [.slowConsumer])
        #expect(try webSocket.frames() == ["3probe", "close:1001"])
    }

    @Test("A client that lets answers pile up is not read from until it has taken them")
    func readingPaused() throws {
        let stage = Stage { $0.highWaterMark = 1_000 }
        let client = try stage.openWebSocket()
        var reading: Bool? {
            client.channel.options.last { $0.option is ChannelOptions.Types.AutoReadOption }?.value as? Bool
        }
        client.kernel.stall()
        stage.application.session?.send(.text(500))
        stage.tick()
        #expect(reading == nil)
        stage.application.session?.send(.text(500))
        stage.tick()
        #expect(reading == false)
        client.kernel.drain()
        #expect(reading == true)
    }
}
