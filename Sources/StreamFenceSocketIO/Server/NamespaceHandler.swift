import StreamFenceEngineIO

/// What a server does with the clients of one namespace. Every call is made on the socket's event loop.
///
/// ``SocketIONamespace`` implements it with closures and rooms; a program with its own idea of a namespace can register
/// another with ``SocketIOServer/register(_:at:)``.
package protocol NamespaceHandler: Sendable {
    /// Whether the client may join.
    func admit(_ request: ConnectRequest) -> Admission
    /// The client has joined and been told so.
    ///
    /// - Parameter decision: what ``Admission/decide(_:)`` returned; nil where nothing was to be decided.
    func connected(_ socket: Socket, _ decision: (any Sendable)?)
    /// An event arrived.
    func received(_ packet: SocketPacket, named name: String, from socket: Socket)
    /// The client acknowledged an event that was sent with this id.
    func acknowledged(_ id: UInt64, _ packet: SocketPacket, from socket: Socket)
    /// The transport can take more, after a session was not writable.
    func becameWritable(_ socket: Socket)
    /// The client has left; the last call for this socket.
    func disconnected(_ socket: Socket, _ reason: DisconnectReason)
}

/// The answer to a ``ConnectRequest``.
package enum Admission: Sendable {
    case accept
    case refuse(ConnectRefusal)
    /// To be decided in a task of its own, which is cancelled when the client leaves meanwhile. Returning accepts, with
    /// whatever the handler wants to know of the decision later; ``ConnectRefusal`` refuses, any other error refuses without
    /// details.
    case decide(@Sendable () async throws -> (any Sendable)?)
}
