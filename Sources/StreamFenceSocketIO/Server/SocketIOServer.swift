import Logging
import NIOCore
import NIOPosix
import StreamFenceEngineIO
import Synchronization

/// A Socket.IO server: namespaces, each with what happens to its clients, on one port.
///
/// ```swift
/// let server = SocketIOServer()
/// let chat = server.of("/chat")
/// chat.on("message") { socket, event in
///     chat.emit("message", event.payload)
/// }
/// try await server.start(host: "127.0.0.1", port: 3000)
/// ```
///
/// Speaks protocol version 5 (Socket.IO clients 3 and 4), over websocket and long-polling. All methods may be called from
/// any thread.
///
/// <https://github.com/socketio/socket.io/tree/main/docs/socket.io-protocol>
public final class SocketIOServer: Sendable {
    /// What the server was made with.
    public let configuration: SocketIOConfiguration
    /// The loops that serve the connections.
    public let eventLoopGroup: any EventLoopGroup
    private let engine: EngineIOServer
    private let namespaces = NamespaceTable()
    private let connections: OpenConnections
    private let joins = JoinRefusals()
    private let listener = Mutex<SocketIOListener?>(nil)
    private let wasStarted = Atomic(false)

    /// - Parameters:
    ///   - eventLoopGroup: whose loops serve the connections; by default SwiftNIO's shared one.
    public init(
        configuration: SocketIOConfiguration = SocketIOConfiguration(),
        logger: Logger = Logger(label: "socket.io"),
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.configuration = configuration
        connections = OpenConnections(configuration)
        self.eventLoopGroup = eventLoopGroup
        engine = EngineIOServer(configuration: configuration.engine, logger: logger) { [namespaces, joins] session in
            SocketIOConnection(
                session: session,
                namespaces: namespaces,
                configuration: configuration,
                refusals: joins
            )
        }
    }

    // MARK: Namespaces

    /// The namespace at `path`, made when first asked for. Clients that ask for a path nobody asked for are refused.
    ///
    /// - Parameter path: such as `/chat`, a missing slash is added; `/` is where a client is that names none.
    public func of(_ path: String = "/") -> SocketIONamespace {
        let path = path.hasPrefix("/") ? path : "/" + path
        let handler = namespaces.keep(path, else: SocketIONamespace(path: path))
        guard let namespace = handler as? SocketIONamespace else {
            // Only `register` puts another kind of handler in; whoever did owns the path.
            preconditionFailure("the namespace \(path) is registered with a handler of another kind")
        }
        return namespace
    }

    /// Makes a namespace for every path that `matches`, when a client first asks for it or the program does with
    /// ``of(_:)``. One that only clients asked for is forgotten when the last of them has left.
    ///
    /// - Parameters:
    ///   - matches: called on an event loop; must not block.
    ///   - setUp: gives the new namespace its handlers.
    public func of(
        matching matches: @escaping @Sendable (String) -> Bool,
        setUp: @escaping @Sendable (SocketIONamespace) -> Void
    ) {
        namespaces.insert(matching: matches) { path in
            let namespace = SocketIONamespace(path: path)
            setUp(namespace)
            return namespace
        }
    }

    /// Serves a path with a handler other than ``SocketIONamespace``.
    package func register(_ handler: any NamespaceHandler, at path: String) {
        namespaces.insert(handler, at: path)
    }

    // MARK: Start and stop

    /// Binds the port and serves clients until ``shutDown()``.
    ///
    /// - Parameters:
    ///   - port: 0 asks the system for a free one, see ``port``.
    ///   - engines: further Engine.IO servers on the same port, told apart by their paths.
    /// - Throws: ``AlreadyStarted``; what the system says if the port can't be bound.
    public func start(host: String = "0.0.0.0", port: Int, alongside engines: [EngineIOServer] = []) async throws {
        try await bind(host: host, port: port, alongside: engines)
        accept()
    }

    /// The first half of ``start(host:port:alongside:)``: ``port`` is known, clients can connect and are not served yet.
    ///
    /// - Parameter secure: adds what a new connection has to go through before it speaks HTTP, such as TLS; called on its loop.
    package func bind(
        host: String,
        port: Int,
        alongside engines: [EngineIOServer] = [],
        secure: (@Sendable (any Channel) throws -> Void)? = nil
    ) async throws {
        guard !wasStarted.load(ordering: .acquiring) else { throw AlreadyStarted() }
        let bound = try await SocketIOListener.bind(
            host: host,
            port: port,
            engines: [engine] + engines,
            secure: secure,
            connections: connections,
            group: eventLoopGroup
        )
        listener.withLock { $0 = bound }
        wasStarted.store(true, ordering: .releasing)
    }

    /// The second half of ``start(host:port:alongside:)``: serves clients, those that have connected meanwhile as well.
    package func accept() {
        listener.withLock { $0 }?.accept()
    }

    /// Serves a connection that the program has accepted itself. It counts against the same limits as those of the port, and
    /// ``shutDown()`` ends it if the server was started. How much of it the kernel buffers is for the program to set. Call it on the
    /// channel's event loop.
    ///
    /// - Parameter channel: one that carries bytes and has no handlers that expect anything else.
    /// - Throws: what was expected and found if there are as many connections as there may be; the caller closes the channel.
    public func serve(_ channel: any Channel) throws {
        channel.eventLoop.assertInEventLoop()
        try SocketIOListener.receive(channel, for: [engine], secure: nil, among: connections)
    }

    /// The bound port; nil before the start and after the end.
    public var port: Int? {
        listener.withLock { $0?.port }
    }

    /// How many clients are connected.
    public var clientCount: Int { engine.sessionCount }

    /// What was refused for a limit.
    package struct Refusals {
        /// Connections, by `maxConnections`.
        package let connections: Int
        /// Connections and sessions, by `maxSessionsPerAddress`.
        package let byAddress: Int
        /// Joins, by `maxNamespacesPerConnection`.
        package let namespaces: Int
        /// Joins, by the inbound rates.
        package let joinsByRate: Int
        /// What was beyond a limit of one request, message or packet.
        package let input: KeyedCounter<InputLimit>
        /// Connections that took too long.
        package let timedOut: KeyedCounter<TimeLimit>
    }

    /// What was refused so far.
    package var refusals: Refusals {
        Refusals(
            connections: connections.refused.value,
            byAddress: connections.refusedByAddress.value + engine.refusedByAddress.value,
            namespaces: joins.byNamespaces.value,
            joinsByRate: joins.byRate.value,
            input: engine.refusedInput,
            timedOut: engine.timedOut
        )
    }

    /// Accepts no more connections; those that exist stay.
    public func stopListening() async throws {
        try await listener.withLock { $0 }?.close()
    }

    /// Closes the port and every connection, and returns when the last one is gone.
    public func shutDown() async throws {
        let bound = listener.withLock { listener in
            defer { listener = nil }
            return listener
        }
        try await bound?.close()
        try await bound?.closeConnections()
    }

    /// The server was started before; one that was shut down accepts no clients any more.
    public struct AlreadyStarted: Error, CustomStringConvertible {
        /// What was expected and what was found.
        public let description = "expected a server that was never started, found one that was"
    }
}
