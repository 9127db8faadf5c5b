import NIOCore
import StreamFenceEngineIO

/// A client asks to join a namespace.
public struct ConnectRequest: Sendable {
    /// The namespace's path.
    public let namespace: String
    /// What the client sent along (`auth`), if anything.
    public let auth: JSONFragment?
    /// The request that opened the session.
    public let handshake: EngineIOHandshake
    /// The transport that carries the client now.
    public let transport: EngineIOTransport
    /// The loop that owns the client.
    package let eventLoop: any EventLoop
}

/// A refusal to let a client join, thrown by a middleware: the client gets `connect_error` with these.
public struct ConnectRefusal: Error, Sendable {
    /// Becomes `error.message` at the client.
    public let message: String
    /// Becomes `error.data` at the client.
    public let data: SocketValue?

    /// - Parameters:
    ///   - message: what the client is told.
    ///   - data: more for the client's program, such as a code; default nothing.
    public init(_ message: String, data: SocketValue? = nil) {
        self.message = message
        self.data = data
    }
}
