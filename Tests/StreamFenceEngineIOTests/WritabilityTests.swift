import NIOCore
import NIOEmbedded
import Testing

@testable import StreamFenceEngineIO

@Suite("Writing only what the transport can take")
struct WritabilityTests {
    @Test("A websocket takes the high-water mark, and again when the client has caught up")
    func webSocket() throws {
        let stage = Stage { $0.highWaterMark = 1_000 }
        let client = try stage.openWebSocket()
        let (application, session) = (stage.application, try #require(stage.application.session))
        client.kernel.stall()
        var written = 0
        while session.isWritable {
            session.write(.text(97))
            written += 1
        }
        #expect(written == 10)
        session.flush()
        #expect(!session.isWritable)
        #expect(application.writableCalls == 0)
        client.kernel.drain()
        stage.tick()
        #expect(application.writableCalls == 1)
        #expect(session.isWritable)
    }

    @Test("Large messages, each handed on by itself, fill a stalled websocket and leave when the client has caught up")
    func largeMessages() throws {
        let stage = Stage()
        let client = try stage.openWebSocket()
        let session = try #require(stage.application.session)
        client.kernel.stall()
        // The channel tells that it is full while the second message is being written.
        for _ in 0..<3 { session.write(.text(40_000)) }
        session.flush()
        #expect(!session.isWritable)
        client.kernel.drain()
        stage.tick()
        #expect(stage.application.writableCalls == 1)
        #expect(try client.frames().map(\.count) == [40_001, 40_001, 40_001])
    }

    @Test("Who never asked is not told")
    func unasked() throws {
        let stage = Stage { $0.highWaterMark = 1_000 }
        let client = try stage.openWebSocket()
        client.kernel.stall()
        stage.application.session?.send(.text(5_000))
        stage.tick()
        client.kernel.drain()
        stage.tick()
        #expect(stage.application.writableCalls == 0)
    }

    @Test("A writer that fills up whenever it is told empties its backlog, without nesting", arguments: [1, 1_000])
    func backlog(highWaterMark: Int) throws {
        let stage = Stage { $0.highWaterMark = highWaterMark }
        let client = try stage.openWebSocket()
        let application = stage.application
        var (backlog, depth, deepest) = (20_000, 0, 0)
        application.onWritable = { session in
            depth += 1
            deepest = max(deepest, depth)
            while backlog > 0, session.isWritable {
                session.write(.text(10))
                backlog -= 1
            }
            session.flush()
            depth -= 1
        }
        application.onWritable(try #require(application.session))
        stage.tick()
        #expect(backlog == 0)
        #expect(deepest == 1)
        #expect(try client.bytes().readableBytes == 20_000 * 13)
    }

    @Test("A waiting GET is what makes polling writable, up to maxPayload")
    func polling() throws {
        let stage = Stage { $0.maxPayload = 100 }
        let client = try stage.openPolling()
        let (application, session) = (stage.application, try #require(stage.application.session))
        #expect(!session.isWritable)
        try client.poll()
        #expect(application.writableCalls == 1)
        #expect(session.isWritable)
        while session.isWritable { session.write(.text(30)) }
        session.flush()
        #expect(try client.polled()?.count == 4 + 31 * 3 + 2)
        #expect(!session.isWritable)
        try client.poll()
        #expect(application.writableCalls == 2)
        #expect(try client.polled()?.count == 4 + 31, "what did not fit")
        #expect(!session.isWritable)
    }

    @Test("A writer that is told by a GET answers it in the same tick")
    func writerAnswersPoll() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        var number = 0
        stage.application.onWritable = { session in
            while session.isWritable, number < 2 {
                number += 1
                session.write(.text("\(number)"))
            }
            session.flush()
        }
        #expect(stage.application.session?.isWritable == false)
        try client.poll()
        #expect(try client.polled() == "200 41\u{1E}42")
    }

    @Test("Who waited during an upgrade is told when the websocket has taken over")
    func upgrade() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        let webSocket = try stage.openCandidate(client)
        try webSocket.sendPacket("2probe")
        #expect(stage.application.session?.isWritable == false)
        try webSocket.sendPacket("5")
        #expect(stage.application.writableCalls == 1)
        #expect(stage.application.session?.isWritable == true)
    }

    @Test("Who waited during an upgrade that failed is told by the next GET")
    func failedUpgrade() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        let webSocket = try stage.openCandidate(client)
        try webSocket.sendPacket("2probe")
        #expect(stage.application.session?.isWritable == false)
        webSocket.disconnect()
        #expect(stage.application.writableCalls == 0)
        try client.poll()
        #expect(stage.application.writableCalls == 1)
    }

    @Test("A closed session is not writable and tells nobody")
    func closed() throws {
        let stage = Stage()
        let client = try stage.openWebSocket()
        let session = try #require(stage.application.session)
        client.kernel.stall()
        session.send(.text(100_000))
        stage.tick()
        #expect(!session.isWritable)
        session.close(.forcedClose)
        client.kernel.drain()
        stage.tick()
        #expect(!session.isWritable)
        #expect(stage.application.writableCalls == 0)
    }

    @Test("A write that fails tells nobody that there is room")
    func failedWrite() throws {
        let stage = Stage { $0.highWaterMark = 10 }
        let client = try stage.openWebSocket()
        client.kernel.stall()
        stage.application.send("more than ten bytes")
        stage.tick()
        #expect(stage.application.session?.isWritable == false)
        client.disconnect()
        #expect(stage.application.writableCalls == 0)
        #expect(stage.application.closed == [.transportClose])
    }
}
