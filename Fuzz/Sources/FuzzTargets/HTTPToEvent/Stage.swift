import CHeap
import NIOCore
import NIOEmbedded
import StreamFenceSocketIO

/// A server on an embedded loop and the clients of a script: nothing moves unless the script says so.
final class Stage {
    private let script: Script
    private let loop = EmbeddedEventLoop()
    private let log = EventLog()
    private let server: SocketIOServer
    private var connections: [Connection] = []
    private var clients: [Client] = []
    private var current = 0
    /// The latest connection of nobody's.
    private var foreign: Connection?
    /// Nobody's bytes may have named a client's session: what becomes of that is open from here on.
    private var isModelled = true
    private var now = 0
    /// What the heap held before the first connection, and how much was sent since it was last looked at; in bytes.
    private let heapBefore: Int
    private var sentSince = 0
    private var sent = 0

    private static let mostClients = 8
    private static let mostConnections = 24
    private static let mostSteps = 1000
    private static let mostBytes = 1 << 20
    /// What a connection may hold on the heap, on both sides and with all that belongs to it, in bytes.
    private static let mostHeld = 96 * 1024

    init(_ script: Script) {
        self.script = script
        server = HTTPToEventServer.make(log, on: loop)
        heapBefore = heap_bytes()
    }

    /// Goes through the script, and holds everything against the reference after each step.
    func play() throws(Violation) {
        var steps = 0
        var before: Script.Step?
        for step in script.steps {
            var times = 1
            var repeated = step
            if case .again(let count) = step {
                guard let before else { continue }
                (repeated, times) = (before, count)
            } else {
                before = step
            }
            for _ in 0..<times where steps < Self.mostSteps && sent < Self.mostBytes {
                steps += 1
                try take(repeated)
                try settle()
            }
        }
    }

    private var client: Client? { clients.isEmpty ? nil : clients[current] }

    private func take(_ step: Script.Step) throws(Violation) {
        switch step {
        case .openWebSocket(let behind):
            try open(.webSocket) { client throws(Violation) in try client.openWebSocket(behind: behind) }
        case .openPipelined(let behind):
            try open(.webSocket) { client throws(Violation) in try client.openWebSocketPipelined(behind: behind) }
        case .openPolling:
            try open(.polling) { client throws(Violation) in try client.openPolling() }
        case .select(let number): if number < clients.count { current = number }
        case .packet(let packet):
            guard hasRoom else { return }
            _ = count(packet.bytes)
            try client?.send(packet)
        case .gather: if hasRoom { try client?.gather() }
        case .poll: if hasRoom { try client?.poll() }
        case .frame(let first, let content): client?.send(frames: count(FrameText.frame(first, content)))
        case .bytes(let bytes): client?.send(frames: count(bytes))
        case .upgrade: if hasRoom { try client?.upgrade() }
        case .candidateText(let text): client?.send(candidateText: count(text))
        case .close: client?.close()
        case .closeCandidate: client?.closeCandidate()
        case .stall: client?.webSocket?.wire.stall()
        case .drain: client?.webSocket?.wire.drain()
        case .pass(let seconds): pass(seconds)
        case .newConnection: if hasRoom { foreign = try connect(nil) }
        case .http(let bytes): try sendForeign(bytes)
        case .again: break
        }
    }
}

// MARK: - Steps

extension Stage {
    private var hasRoom: Bool { connections.count < Self.mostConnections }

    private func count(_ bytes: [UInt8]) -> [UInt8] {
        sent += bytes.count
        sentSince += bytes.count
        return bytes
    }

    private func open(
        _ transport: ReferenceSession.Transport,
        _ open: (Client) throws(Violation) -> Void
    ) throws(Violation) {
        guard clients.count < Self.mostClients, hasRoom else { return }
        let client = Client(number: clients.count, transport, now: now) {
            [unowned self] client throws(Violation) in try connect(client)
        }
        client.isModelled = isModelled
        current = clients.count
        clients.append(client)
        try open(client)
    }

    private func connect(_ client: Client?) throws(Violation) -> Connection {
        do {
            let connection = try Connection(to: server, of: client, reads: script.reads, on: loop)
            connections.append(connection)
            return connection
        } catch {
            throw Violation(property: "the server takes a connection", expected: "no error", found: "\(error)")
        }
    }

    private func pass(_ seconds: Int) {
        now += seconds
        loop.advanceTime(by: .seconds(Int64(seconds)))
        for client in clients { client.pass(until: now) }
    }

    private func sendForeign(_ bytes: [UInt8]) throws(Violation) {
        guard foreign != nil || hasRoom else { return }
        isModelled = false
        for client in clients { client.isModelled = false }
        if foreign == nil { foreign = try connect(nil) }
        let sid = Array((clients.last { $0.sid != nil }?.sid ?? "").utf8)
        let bytes = bytes.flatMap { $0 == UInt8(ascii: "$") ? sid : [$0] }
        foreign?.send(count(bytes))
    }
}

// MARK: - Checks

extension Stage {
    /// Lets everything that waits for the loop happen, and looks at what came of it.
    private func settle() throws(Violation) {
        loop.run()
        for connection in connections where connection.isOpen { connection.wire.readAgain() }
        loop.run()
        for connection in connections { try connection.listen() }
        for connection in connections { try connection.checkRest() }
        for client in clients { try client.check(log.take(client.number)) }
        log.forgetStrangers()
        try expectEqual(log.oversize, nil, "no event is larger than a message may be")
        // What has ended is over: a client whose every request needs a connection of its own has many.
        connections.removeAll { !$0.isOpen }
        if foreign?.isOpen == false { foreign = nil }
        try checkHeap()
    }

    private func checkHeap() throws(Violation) {
        guard sentSince > 16_384 else { return }
        sentSince = 0
        let held = Int(heap_bytes()) - heapBefore
        let limit = (connections.count + clients.count + 1) * Self.mostHeld
        try expect(held <= limit, "what is held is bounded by \(limit) bytes", found: "\(held) bytes")
    }

    /// Everybody goes, and nothing may be left of them.
    func end() throws(Violation) {
        for client in clients { client.leave() }
        for connection in connections { connection.close() }
        foreign = nil
        try settle()
        // Sessions without a connection end with their heartbeat. Without any, no timer may need the time.
        if server.clientCount > 0 { pass(46) }
        try settle()
        try expectEqual(server.clientCount, 0, "no session is left")
        try expectEqual(log.present, 0, "who has joined leaves, once")
        try expectEqual(log.heldSockets, 0, "who has left is not held")
        try expectEqual(log.heldRooms, 0, "a namespace that only clients asked for goes with the last of them")
        // What is owed to clients that may come back: two answers, two seconds for each.
        pass(5)
        try settle()
        connections = []
        clients = []
    }

    /// Ends everything without a look, after a property was disproved.
    func abandon() {
        for connection in connections { connection.close() }
        loop.run()
        loop.advanceTime(by: .hours(1))
        connections = []
        clients = []
    }

    /// What has to be gone when the stage is.
    var traces: Traces { Traces(loop: loop, server: server, log: log) }
}

/// Whether a stage is gone.
struct Traces {
    private weak var loop: EmbeddedEventLoop?
    private weak var server: SocketIOServer?
    private let log: EventLog

    init(loop: EmbeddedEventLoop, server: SocketIOServer, log: EventLog) {
        self.loop = loop
        self.server = server
        self.log = log
    }

    /// How many events there were.
    var events: Int { log.events }

    func check() throws(Violation) {
        try expect(server == nil, "the server is not held by what it served")
        try expect(loop == nil, "nothing is left on the loop: no timer, no handler, no channel")
    }
}
