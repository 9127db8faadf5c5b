import NIOCore
import NIOHTTP1

/// The request that opened a session.
public struct EngineIOHandshake: Sendable {
    /// The request's target, such as `/socket.io/?EIO=4&transport=polling`.
    public let uri: String
    /// The request's headers as the client sent them.
    public let headers: HTTPHeaders
    /// The client's address without the port, as trusted proxies tell it where it came through any; empty where the
    /// connection has none.
    public let remoteAddress: String
    /// Who the client has proved to be before it asked for anything; nil where it has not.
    public let identity: PeerIdentity?

    /// The query's parameters.
    public var query: QueryParameters { QueryParameters(uri: uri) }
}
