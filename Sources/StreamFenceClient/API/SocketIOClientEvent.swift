import NIOCore
import StreamFenceSocketIO

/// An event the server sent.
public struct SocketIOClientEvent: Sendable {
    /// The event's name; a number that names an event, as its text.
    public let name: String
    /// The arguments that follow the name.
    public let payload: SocketPayload
    private let id: UInt64?
    private let connection: ClientConnection

    /// - Parameter packet: an event.
    init(name: String, packet: SocketPacket, connection: ClientConnection) {
        self.name = name
        self.connection = connection
        id = packet.id
        payload = SocketPayload(packet)
    }

    /// Whether the server waits for ``acknowledge(_:)``.
    public var wantsAcknowledgement: Bool { id != nil }

    /// Answers the server; does nothing if it did not ask. Once is enough: a server ignores a second answer.
    public func acknowledge(_ payload: SocketPayload = SocketPayload()) {
        guard let id else { return }
        connection.send(.acknowledgement(of: id, payload))
    }
}

/// The events a client receives, in their order; ends when the connection does.
///
/// Each event is given out once: of several iterators, each gets other events, and a second loop goes on where the first
/// one stopped. A cancelled task's loop ends.
public struct SocketIOClientEvents: AsyncSequence, Sendable {
    /// Each event as it was sent.
    public typealias Element = SocketIOClientEvent
    let connection: ClientConnection

    /// An iterator that goes on where others have stopped.
    public func makeAsyncIterator() -> Iterator {
        Iterator(connection: connection)
    }

    /// Takes the events that wait, one by one; see ``SocketIOClientEvents`` for several at once.
    public struct Iterator: AsyncIteratorProtocol {
        let connection: ClientConnection

        /// The next event, waiting for it; nil once the connection has ended and every event was taken, or if the task is
        /// cancelled.
        public func next() async -> SocketIOClientEvent? {
            await connection.nextEvent()
        }

        /// The same as ``next()``, without leaving the caller's actor.
        public func next(isolation actor: isolated (any Actor)?) async -> SocketIOClientEvent? {
            await connection.nextEvent()
        }
    }
}
