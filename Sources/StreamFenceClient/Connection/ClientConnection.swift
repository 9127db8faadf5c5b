import NIOCore
import StreamFenceSocketIO

/// A connection as the rest of the program sees it, from any thread: its handler, its channel and what has arrived.
struct ClientConnection: Sendable {
    let channel: any Channel
    private let events: EventBuffer
    private let handler: NIOLoopBound<ClientHandler>

    /// On the channel's loop only.
    init(channel: any Channel, events: EventBuffer, handler: ClientHandler) {
        self.channel = channel
        self.events = events
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    var eventLoop: any EventLoop { channel.eventLoop }

    var closeReason: SocketIOCloseReason? { events.closeReason }

    func send(_ message: OutboundMessage) {
        onLoop { $0.send(message) }
    }

    func request(_ event: String, _ payload: SocketPayload, timeout: TimeAmount) async throws -> SocketPayload {
        let promise = eventLoop.makePromise(of: SocketPayload.self)
        onLoop { $0.request(event, payload, timeout: timeout, promise) }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }

    func nextEvent() async -> SocketIOClientEvent? {
        let taken = await events.next()
        if taken.wantsMore { onLoop { $0.resumeReading() } }
        return taken.event
    }

    func close() async {
        onLoop { $0.close() }
        do {
            try await channel.closeFuture.get()
        } catch {
            // The channel is gone all the same, and `closeReason` tells why.
        }
    }

    private func onLoop(_ body: @escaping @Sendable (ClientHandler) -> Void) {
        if eventLoop.inEventLoop {
            body(handler.value)
        } else {
            eventLoop.execute { body(handler.value) }
        }
    }
}

/// A namespace was joined.
struct Joined: Sendable {
    /// What the server calls the client.
    let id: String
    let connection: ClientConnection
}
