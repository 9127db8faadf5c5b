import NIOCore
import StreamFenceEngineIO
import Synchronization

/// One namespace of a ``SocketIOServer``: what happens to its clients, and messages to all of them.
///
/// Handlers are set once for the namespace, not once per client, and run on the client's event loop: they must not block.
/// For work that takes its time, start a `Task`; sockets and events may be used from any thread.
public final class SocketIONamespace: Sendable {
    /// Lets a client join by returning and refuses it by throwing; runs in a task, not on the event loop.
    public typealias Middleware = @Sendable (ConnectRequest) async throws -> Void
    /// Handles an event of a client; runs on the client's event loop and must not block.
    public typealias EventHandler = @Sendable (Socket, SocketEvent) -> Void

    /// Such as `/chat`.
    public let path: String
    private let handlers = Mutex(Handlers())
    let members = Mutex(NamespaceMembers())

    private struct Handlers {
        var middlewares: [Middleware] = []
        var connect: (@Sendable (Socket) -> Void)?
        var disconnect: (@Sendable (Socket, DisconnectReason) -> Void)?
        var events: [String: EventHandler] = [:]
        var anyEvent: EventHandler?
    }

    init(path: String) {
        self.path = path
    }

    // MARK: Handlers

    /// Adds a check that every client passes before it may join, in the order they were added.
    ///
    /// - Parameter middleware: throws ``ConnectRefusal`` to refuse; any other error refuses without details. Its task is
    ///   cancelled when the client leaves meanwhile.
    public func use(_ middleware: @escaping Middleware) {
        handlers.withLock { $0.middlewares.append(middleware) }
    }

    /// Called when a client has joined. Replaces an earlier handler.
    public func onConnect(_ handler: @escaping @Sendable (Socket) -> Void) {
        handlers.withLock { $0.connect = handler }
    }

    /// Called when a client has left. Replaces an earlier handler.
    public func onDisconnect(_ handler: @escaping @Sendable (Socket, DisconnectReason) -> Void) {
        handlers.withLock { $0.disconnect = handler }
    }

    /// Called for each event of this name. Replaces an earlier handler.
    public func on(_ event: String, _ handler: @escaping EventHandler) {
        handlers.withLock { $0.events[event] = handler }
    }

    /// Called for each event that has no handler of its own. Replaces an earlier handler.
    public func onAnyOther(_ handler: @escaping EventHandler) {
        handlers.withLock { $0.anyEvent = handler }
    }

    // MARK: Broadcasts

    /// Sends an event to every client of the namespace; it is encoded once.
    public func emit(_ event: String, _ arguments: SocketValue...) {
        everyone.emit(event, SocketPayload(values: arguments))
    }

    /// Sends an event to every client of the namespace; it is encoded once.
    public func emit(_ event: String, _ payload: SocketPayload) {
        everyone.emit(event, payload)
    }

    /// The clients in a room.
    public func to(_ room: String) -> Broadcast {
        Broadcast(namespace: self, rooms: [room], excluded: [])
    }

    /// Every client but this one.
    public func except(_ socket: Socket) -> Broadcast {
        everyone.except(socket)
    }

    private var everyone: Broadcast {
        Broadcast(namespace: self, rooms: [], excluded: [])
    }

    /// The clients that have joined, in no order.
    public var sockets: [Socket] {
        members.withLock { Array($0.sockets.values) }
    }

    // MARK: Rooms

    /// Puts a client into a room. Rooms need no making; one without clients does not exist.
    public func join(_ room: String, _ socket: Socket) {
        members.withLock { $0.join(room, socket) }
    }

    /// Takes a client out of a room. A client that disconnects leaves all its rooms.
    public func leave(_ room: String, _ socket: Socket) {
        members.withLock { $0.leave(room, socket) }
    }

    /// The clients in a room, in no order.
    public func sockets(in room: String) -> [Socket] {
        members.withLock { Array($0.rooms[room, default: [:]].values) }
    }
}

extension SocketIONamespace: NamespaceHandler {
    package func admit(_ request: ConnectRequest) -> Admission {
        let middlewares = handlers.withLock { $0.middlewares }
        guard !middlewares.isEmpty else { return .accept }
        return .decide {
            for middleware in middlewares { try await middleware(request) }
            return nil
        }
    }

    package func connected(_ socket: Socket, _ decision: (any Sendable)?) {
        members.withLock { $0.add(socket) }
        handlers.withLock { $0.connect }?(socket)
    }

    package func received(_ packet: SocketPacket, named name: String, from socket: Socket) {
        // It has no event of its own to refuse one with.
        guard socket.charge(packet) else { return socket.disconnect(closingConnection: true) }
        let handler = handlers.withLock { $0.events[name] ?? $0.anyEvent }
        handler?(socket, SocketEvent(name: name, packet: packet, socket: socket))
    }

    package func acknowledged(_ id: UInt64, _ packet: SocketPacket, from socket: Socket) {
        // One that was waited for is what the server has asked for.
        if socket.acknowledged(id, with: SocketPayload(packet)) || socket.charge(packet) { return }
        socket.disconnect(closingConnection: true)
    }

    package func becameWritable(_ socket: Socket) {}

    package func disconnected(_ socket: Socket, _ reason: DisconnectReason) {
        members.withLock { $0.remove(socket) }
        handlers.withLock { $0.disconnect }?(socket, reason)
    }
}
