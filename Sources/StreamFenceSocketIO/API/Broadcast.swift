import NIOCore
import StreamFenceEngineIO

/// A choice of a namespace's clients, to send an event to.
public struct Broadcast: Sendable {
    let namespace: SocketIONamespace
    /// Clients in any of these; every client of the namespace if empty.
    let rooms: [String]
    let excluded: Set<String>

    /// Also the clients in this room; a client in several rooms gets the event once.
    public func to(_ room: String) -> Broadcast {
        Broadcast(namespace: namespace, rooms: rooms + [room], excluded: excluded)
    }

    /// Not this client.
    public func except(_ socket: Socket) -> Broadcast {
        Broadcast(namespace: namespace, rooms: rooms, excluded: excluded.union([socket.id]))
    }

    /// Sends an event to the chosen clients; it is encoded once.
    public func emit(_ event: String, _ arguments: SocketValue...) {
        emit(event, SocketPayload(values: arguments))
    }

    /// Sends an event to the chosen clients; it is encoded once, and crosses to each event loop once.
    public func emit(_ event: String, _ payload: SocketPayload) {
        let chosen = namespace.members.withLock { $0.sockets(in: rooms, except: excluded) }
        guard !chosen.isEmpty else { return }
        let packet = EncodedPacket.event(event, payload: payload, namespace: namespace.path)
        let byLoop = Dictionary(grouping: chosen) { ObjectIdentifier($0.eventLoop) }
        for sockets in byLoop.values {
            sockets.first?.eventLoop.execute {
                for socket in sockets { socket.send(packet) }
            }
        }
    }
}

/// Who is in a namespace and in its rooms.
struct NamespaceMembers {
    private(set) var sockets: [String: Socket] = [:]
    private(set) var rooms: [String: [String: Socket]] = [:]
    /// The rooms each client is in, so that leaving does not search them all.
    private var roomsOf: [String: Set<String>] = [:]

    mutating func add(_ socket: Socket) {
        sockets[socket.id] = socket
    }

    mutating func remove(_ socket: Socket) {
        sockets[socket.id] = nil
        for room in roomsOf[socket.id] ?? [] { leave(room, socket) }
    }

    /// A client that has left joins no room: nobody would take it out again.
    mutating func join(_ room: String, _ socket: Socket) {
        guard sockets[socket.id] != nil else { return }
        rooms[room, default: [:]][socket.id] = socket
        roomsOf[socket.id, default: []].insert(room)
    }

    mutating func leave(_ room: String, _ socket: Socket) {
        rooms[room]?[socket.id] = nil
        if rooms[room]?.isEmpty == true { rooms[room] = nil }
        roomsOf[socket.id]?.remove(room)
        if roomsOf[socket.id]?.isEmpty == true { roomsOf[socket.id] = nil }
    }

    func sockets(in chosen: [String], except excluded: Set<String>) -> [Socket] {
        if chosen.isEmpty {
            return sockets.values.filter { !excluded.contains($0.id) }
        }
        var found: [String: Socket] = [:]
        for room in chosen {
            for (id, socket) in rooms[room] ?? [:] where !excluded.contains(id) { found[id] = socket }
        }
        return Array(found.values)
    }
}
