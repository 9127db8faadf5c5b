import NIOCore
import StreamFenceSocketIO

/// A client of a Socket.IO server, protocol version 5, over the websocket transport, in one namespace.
///
/// ```swift
/// let client = try await SocketIOClient.connect(to: SocketIOURL("http://127.0.0.1:3000/feed"))
/// let answer = try await client.emitWithAck("subscribe", SocketPayload(["topic": "snapshot"]))
/// for await event in client.events where event.name == "snapshot" { print(event.payload[0]?.json ?? "") }
/// print(client.closeReason?.description ?? "")
/// ```
///
/// Back-pressure is real: where ``events`` are not taken, the connection is not read from once 256 KiB of them wait, so
/// that a slow program is a slow client to the server, which will also miss its heartbeats. Acknowledgements arrive behind
/// the events that were sent before them: a program that only sends has to take its events, too.
///
/// All methods may be called from any thread. The connection lives until ``close()`` or until the server ends it.
///
/// <https://github.com/socketio/socket.io/tree/main/docs/socket.io-protocol>
public final class SocketIOClient: Sendable {
    /// The server and namespace the client was connected to.
    public let url: SocketIOURL
    /// What the server calls this client in the namespace.
    public let id: String
    /// The loop that serves the connection.
    public var eventLoop: any EventLoop { connection.eventLoop }
    private let connection: ClientConnection

    init(url: SocketIOURL, id: String, connection: ClientConnection) {
        self.url = url
        self.id = id
        self.connection = connection
    }

    /// What the server sends, in its order; ends when the connection does, see ``closeReason``.
    public var events: SocketIOClientEvents { SocketIOClientEvents(connection: connection) }

    /// Why the connection ended; nil while it lives. Set before ``events`` end.
    public var closeReason: SocketIOCloseReason? { connection.closeReason }

    /// Sends an event. Does nothing once the connection has ended.
    ///
    /// What the server does not take waits in memory: to be held back, use ``emitWithAck(_:_:timeout:)``.
    ///
    /// - Parameter event: none of Socket.IO's own names, such as `connect`: the server would close the connection.
    public func emit(_ event: String, _ payload: SocketPayload = SocketPayload()) {
        connection.send(.event(event, payload))
    }

    /// Sends an event and waits for the server's acknowledgement.
    ///
    /// - Parameter timeout: how long to wait, default 10 seconds.
    /// - Throws: `AcknowledgementError`, or `CancellationError`.
    public func emitWithAck(
        _ event: String,
        _ payload: SocketPayload = SocketPayload(),
        timeout: TimeAmount = .seconds(10)
    ) async throws -> SocketPayload {
        try await connection.request(event, payload, timeout: timeout)
    }

    /// Leaves the namespace and closes the connection; returns when it is closed, at the latest after two seconds.
    ///
    /// What was sent before is sent first. Events that have arrived can still be taken.
    public func close() async {
        await connection.close()
    }
}
