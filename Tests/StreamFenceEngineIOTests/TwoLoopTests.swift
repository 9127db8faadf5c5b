import Dispatch
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import StreamFenceEngineIO

/// A polling session and what came to it, on one loop; its client's other connections may be on another one.
///
/// These loops know which thread is theirs, so that a step to the wrong loop stops the test.
@Suite("A session whose connections live on several loops")
struct TwoLoopTests {
    @Test("A GET and a POST on another loop than the session's are answered")
    func pollingAcrossLoops() async throws {
        let stage = TwoLoopStage()
        let sid = try await stage.openPolling()
        let (gets, posts) = (try await stage.connect(stage.other), try await stage.connect(stage.other))
        try await gets.writeInbound(stage.get(sid))
        try await posts.writeInbound(stage.post(sid, "4hello"))
        try await stage.settle()
        #expect(try await stage.read(posts).hasSuffix("\r\n\r\nok"))
        #expect(try await stage.read(gets).hasSuffix("\r\n\r\n4hello"), "the echo")
        await stage.end()
    }

    @Test("A GET on its way to its session's loop when the session says farewell is answered as if it had waited")
    func farewellAcrossLoops() async throws {
        let stage = TwoLoopStage()
        let sid = try await stage.openPolling()
        let (gets, posts) = (try await stage.connect(stage.other), try await stage.connect(stage.home))
        // The GET finds the session open, and reaches its loop when that has read the POST.
        let release = await stage.occupyHome { posts.pipeline.fireChannelRead(stage.post(sid, "1")) }
        try await gets.writeInbound(stage.get(sid))
        release()
        try await stage.settle()
        #expect(stage.diary.closed == [.transportClose])
        #expect(try await stage.read(gets).hasSuffix("\r\n\r\n6"))
        try await gets.writeInbound(stage.get(sid))
        #expect(try await stage.read(gets).hasPrefix("HTTP/1.1 400"), "owed once")
        await stage.end()
    }

    @Test("A GET on another loop that is given up ends the session")
    func abortedAcrossLoops() async throws {
        let stage = TwoLoopStage()
        let sid = try await stage.openPolling()
        let gets = try await stage.connect(stage.other)
        try await gets.writeInbound(stage.get(sid))
        try await gets.close()
        try await stage.settle()
        #expect(stage.server.sessionCount == 0)
        #expect(stage.diary.closed == [.transportClose])
        await stage.end()
    }

    @Test("A websocket on another loop takes over, carries messages both ways and ends the session")
    func upgradeAcrossLoops() async throws {
        let stage = TwoLoopStage()
        let sid = try await stage.openPolling()
        let webSocket = try await stage.connect(stage.other)
        try await webSocket.writeInbound(stage.upgrade(sid))
        _ = try await stage.read(webSocket)
        try await webSocket.writeInbound(ClientFrame.text("2probe").bytes)
        try await stage.settle()
        try await webSocket.writeInbound(ClientFrame.text("5").bytes)
        try await webSocket.writeInbound(ClientFrame.text("4a").bytes)
        try await webSocket.writeInbound(ClientFrame.text("4b").bytes)
        try await stage.settle()
        let frames = try await stage.frames(webSocket)
        #expect(frames == ["3probe", "4a", "4b"])
        try await webSocket.writeInbound(ClientFrame.close(1000).bytes)
        try await stage.settle()
        #expect(try await stage.frames(webSocket) == ["close:1000"])
        #expect(stage.diary.closed == [.transportClose])
        #expect(!webSocket.isActive)
        await stage.end()
    }

    @Test("Bad text on a websocket of another loop is closed with 1007, once")
    func closeCodeAcrossLoops() async throws {
        let stage = TwoLoopStage()
        let sid = try await stage.openPolling()
        let webSocket = try await stage.connect(stage.other)
        try await webSocket.writeInbound(stage.upgrade(sid))
        try await stage.settle()
        _ = try await stage.read(webSocket)
        try await webSocket.writeInbound(ClientFrame.text("2probe").bytes)
        try await webSocket.writeInbound(ClientFrame.text("5").bytes)
        try await webSocket.writeInbound(ClientFrame(opcode: 1, payload: [0x34, 0xFF]).bytes)
        try await stage.settle()
        #expect(try await stage.frames(webSocket) == ["3probe", "close:1007"])
        #expect(stage.diary.closed == [.transportError])
        await stage.end()
    }

    @Test("A websocket of another loop that is lost while it is a candidate harms nothing")
    func lostCandidateAcrossLoops() async throws {
        let stage = TwoLoopStage()
        let sid = try await stage.openPolling()
        let webSocket = try await stage.connect(stage.other)
        try await webSocket.writeInbound(stage.upgrade(sid))
        try await webSocket.close()
        try await stage.settle()
        let posts = try await stage.connect(stage.other)
        try await posts.writeInbound(stage.post(sid, "4a"))
        try await stage.settle()
        #expect(try await stage.read(posts).hasSuffix("\r\n\r\nok"))
        #expect(stage.diary.closed.isEmpty)
        await stage.end()
    }

    @Test("Shutting down from a third loop ends a session with its websocket on another")
    func shutDownAcrossLoops() async throws {
        let stage = TwoLoopStage()
        let sid = try await stage.openPolling()
        let webSocket = try await stage.connect(stage.other)
        try await webSocket.writeInbound(stage.upgrade(sid))
        try await webSocket.writeInbound(ClientFrame.text("2probe").bytes)
        try await webSocket.writeInbound(ClientFrame.text("5").bytes)
        try await stage.settle()
        _ = try await stage.read(webSocket)
        let third = NIOAsyncTestingEventLoop()
        try await stage.server.shutDown(on: third).get()
        try await stage.settle()
        #expect(stage.server.sessionCount == 0)
        #expect(try await stage.frames(webSocket) == ["close:1001"])
        await third.shutdownGracefully()
        await stage.end()
    }
}

/// A server that echoes, a loop for the session and one for everything else.
private final class TwoLoopStage: Sendable {
    let home = NIOAsyncTestingEventLoop()
    let other = NIOAsyncTestingEventLoop()
    let diary = Diary()
    let server: EngineIOServer
    private let channels = Mutex<[NIOAsyncTestingChannel]>([])

    init() {
        var configuration = EngineIOConfiguration()
        configuration.path = "/engine.io/"
        server = EngineIOServer(configuration: configuration, logger: .silent) { [diary] session in
            let application = Application(session)
            application.echoes()
            application.onClosed = { [unowned application] _ in diary.note(application.closed) }
            return application
        }
    }

    func connect(_ loop: NIOAsyncTestingEventLoop) async throws -> NIOAsyncTestingChannel {
        let channel = try await NIOAsyncTestingChannel(loop: loop) { [server] channel in
            try EngineIOServer.configurePipeline(of: channel, for: [server])
        }
        try await channel.connect(to: SocketAddress(ipAddress: "192.0.2.7", port: 1)).get()
        channels.withLock { $0.append(channel) }
        return channel
    }

    /// Opens a session on the home loop.
    func openPolling() async throws -> String {
        let connection = try await connect(home)
        try await connection.writeInbound(ByteBuffer(string: "GET \(Stage.pollingTarget) HTTP/1.1\r\n\r\n"))
        let answer = try await read(connection)
        let start = try #require(answer.split(separator: "\"sid\":\"", maxSplits: 1).last)
        return String(start.prefix { $0 != "\"" })
    }

    func get(_ sid: String) -> ByteBuffer {
        ByteBuffer(string: "GET \(Stage.pollingTarget)&sid=\(sid) HTTP/1.1\r\n\r\n")
    }

    func post(_ sid: String, _ body: String) -> ByteBuffer {
        ByteBuffer(
            string:
                "POST \(Stage.pollingTarget)&sid=\(sid) HTTP/1.1\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
        )
    }

    func upgrade(_ sid: String) -> ByteBuffer {
        let headers = Connection.webSocketHeaders.map { "\($0.key): \($0.value)\r\n" }.joined()
        return ByteBuffer(string: "GET \(Stage.webSocketTarget)&sid=\(sid) HTTP/1.1\r\n\(headers)\r\n")
    }

    /// Lets every step from loop to loop happen; no scenario takes more of them.
    func settle() async throws {
        for _ in 0..<8 {
            await home.run()
            await other.run()
        }
    }

    /// Keeps the home loop from everything until the returned closure is called; then `body` comes first.
    func occupyHome(_ body: @escaping @Sendable () -> Void) async -> @Sendable () -> Void {
        let released = DispatchSemaphore(value: 0)
        await withCheckedContinuation { occupied in
            home.execute {
                occupied.resume()
                released.wait()
                body()
            }
        }
        return { released.signal() }
    }

    func read(_ channel: NIOAsyncTestingChannel) async throws -> String {
        try await settle()
        return String(buffer: try await bytes(channel))
    }

    func frames(_ channel: NIOAsyncTestingChannel) async throws -> [String] {
        var decoder = WebSocketFrameDecoder(role: .client, maxMessageBytes: 1 << 20)
        decoder.append(try await bytes(channel))
        var frames: [String] = []
        while let event = try decoder.next() {
            switch event {
            case .message(.text(let text)): frames.append(String(buffer: text))
            case .close(let code): frames.append("close:\(code.map(String.init) ?? "")")
            default: frames.append("\(event)")
            }
        }
        return frames
    }

    private func bytes(_ channel: NIOAsyncTestingChannel) async throws -> ByteBuffer {
        var bytes = ByteBuffer()
        while var write = try await channel.readOutbound(as: ByteBuffer.self) { bytes.writeBuffer(&write) }
        return bytes
    }

    func end() async {
        for channel in channels.withLock({ $0 }) { try? await channel.close() }
        await home.shutdownGracefully()
        await other.shutdownGracefully()
    }
}

/// What the applications saw, to be read from the test's thread.
private final class Diary: Sendable {
    private let reasons = Mutex<[EngineIOCloseReason]>([])
    var closed: [EngineIOCloseReason] { reasons.withLock { $0 } }
    func note(_ closed: [EngineIOCloseReason]) { reasons.withLock { $0 = closed } }
}
