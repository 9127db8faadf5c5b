import NIOCore
import StreamFenceSocketIO

/// An event the server sent.
public struct SocketIOClientEvent: Sendable {
    public let name: String
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
    public typealias Element = SocketIOClientEvent
    let connection: ClientConnection

    public func makeAsyncIterator() -> Iterator {
        Iterator(connection: connection)
    }

    public struct Iterator: AsyncIteratorProtocol {
        let connection: ClientConnection

        public func next() async -> SocketIOClientEvent? {
            await connection.nextEvent()
        }

        public func next(isolation actor: isolated (any Actor)?) async -> SocketIOClientEvent? {
            await connection.nextEvent()
        }
    }
}
