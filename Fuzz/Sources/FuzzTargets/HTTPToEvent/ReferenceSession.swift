import NIOCore
import StreamFenceEngineIO
import StreamFenceSocketIO

/// A session as the protocols have it, for packets that are known to have reached it: what the program above has to be told,
/// and what the client. Far from any channel, buffer or timer.
///
/// <https://github.com/socketio/socket.io/tree/main/docs/engine.io-protocol>,
/// <https://github.com/socketio/socket.io/tree/main/docs/socket.io-protocol>
struct ReferenceSession {
    enum Transport {
        case polling, probing, upgrading, webSocket
    }

    /// A packet that the client has to be sent.
    struct Answer {
        let kind: SocketPacket.Kind
        let namespace: String
        var id: UInt64?
        /// The elements of the data; nil where the server chooses it.
        var elements: [[UInt8]]?
        var attachments: [ByteBuffer] = []

        /// At least, in bytes.
        var leastBytes: Int {
            (elements ?? []).reduce(0) { $0 + $1.count } + attachments.reduce(0) { $0 + $1.readableBytes }
        }
        /// At most, and about, in bytes.
        var mostBytes: Int { 64 + namespace.utf8.count + leastBytes + leastBytes / 2 }
    }

    private(set) var transport: Transport
    private(set) var closeReason: EngineIOCloseReason?
    /// A GET waits for its answer.
    private(set) var isPollWaiting = false
    /// What the client has not been sent yet.
    private(set) var answers: [Answer] = []
    /// What waited for the client at the last look, and what has come since: the most that can have waited; in bytes.
    private(set) var mostWaiting = 0
    /// What the program has not been told yet.
    private var records: [Record] = []
    private var joined: Set<String> = []
    private var pending: (packet: ReferencePacket, attachments: [ByteBuffer], held: Int)?
    /// In seconds, as all times here.
    private var now: Int
    private let opened: Int
    private var lastPong: Int
    private var probed = 0
    private var hasJoined = false

    static let bigEventBytes = 3000

    init(_ transport: Transport, now: Int) {
        self.transport = transport
        (self.now, opened, lastPong) = (now, now, now)
        isPollWaiting = transport == .polling
    }

    var isOpen: Bool { closeReason == nil }
    /// Whether the client is in a namespace.
    var isJoined: Bool { !joined.isEmpty }

    /// What the program has to be told since the last look.
    mutating func takeRecords() -> [Record] {
        defer {
            records = []
            mostWaiting = answers.reduce(0) { $0 + $1.mostBytes }
        }
        return records
    }

    private mutating func answer(_ answer: Answer) {
        answers.append(answer)
        mostWaiting += answer.mostBytes
    }

    /// The next packet the client has to be sent; nil if there is none.
    mutating func takeAnswer() -> Answer? {
        answers.isEmpty ? nil : answers.removeFirst()
    }

    mutating func close(_ reason: EngineIOCloseReason) {
        guard isOpen else { return }
        closeReason = reason
        isPollWaiting = false
        records += joined.map { .left(namespace: $0, .connection(reason)) }
        joined = []
    }

    /// Ends the session without a word: it has been found to have ended.
    mutating func forget() {
        closeReason = .slowConsumer
        (joined, records, isPollWaiting) = ([], [], false)
    }

    /// Heartbeats of 25 and 20 seconds, 10 for an upgrade and 45 to join.
    mutating func pass(until time: Int) {
        now = time
        if transport == .probing || transport == .upgrading, now >= probed + 10 { transport = .polling }
        if now >= lastPong + 45 { close(.pingTimeout) }
        if !hasJoined, now >= opened + 45 { close(.forcedClose) }
    }
}

// MARK: - Transports

extension ReferenceSession {
    mutating func pollArrived() {
        guard isOpen, transport == .polling || transport == .probing else { return }
        if isPollWaiting { close(.transportError) } else { isPollWaiting = true }
    }

    mutating func pollAnswered() {
        isPollWaiting = false
    }

    /// - Returns: the status that answers it.
    mutating func postArrived(_ body: [UInt8]) -> Int {
        guard body.count <= HTTPToEventServer.maxPayload else {
            close(.payloadTooLarge)
            return 413
        }
        guard isOpen, transport != .webSocket else { return 400 }
        guard String(validating: body, as: UTF8.self) != nil else {
            close(.parseError)
            return 400
        }
        let payload = body.withUnsafeBytes { ReferencePayload($0) }
        for packet in payload.packets {
            received(packet)
            // What is behind the end is not even looked at.
            guard isOpen else { return 200 }
        }
        guard payload.isRefused else { return 200 }
        close(.parseError)
        return 400
    }

    /// - Returns: whether the websocket is to take over.
    mutating func candidateArrived() -> Bool {
        guard isOpen, transport == .polling else { return false }
        transport = .probing
        probed = now
        return true
    }

    /// - Parameter packet: nil for what is none.
    mutating func candidateReceived(_ packet: EnginePacket?) {
        switch (transport, packet) {
        case (.probing, .ping(let content)) where String(buffer: content) == "probe":
            transport = .upgrading
        case (.upgrading, .upgrade):
            transport = .webSocket
        default:
            candidateLost()
        }
    }

    mutating func candidateLost() {
        if transport == .probing || transport == .upgrading { transport = .polling }
    }
}

// MARK: - Packets

extension ReferenceSession {
    /// - Parameter packet: nil for what is none.
    mutating func received(_ packet: EnginePacket?) {
        guard isOpen else { return }
        switch packet {
        case .message(.text(let text)): receive(text: Array(text.readableBytesView))
        case .message(.binary(let bytes)): receive(binary: bytes)
        case .pong where now >= lastPong + 25: lastPong = now
        case .close: close(.transportClose)
        case .pong, .upgrade, .noop: break
        case .open, .ping, nil: close(.parseError)
        }
    }

    private mutating func receive(text: [UInt8]) {
        guard pending == nil, let packet = ReferencePacket(text, limits: HTTPToEventServer.packetLimits) else {
            return close(.parseError)
        }
        if packet.attachments > 0 {
            pending = (packet, [], text.count)
        } else {
            handle(packet, [])
        }
    }

    private mutating func receive(binary: ByteBuffer) {
        guard var pending else { return close(.parseError) }
        pending.attachments.append(binary)
        pending.held += binary.readableBytes
        guard pending.held <= HTTPToEventServer.maxPayload else { return close(.parseError) }
        if pending.attachments.count < pending.packet.attachments {
            self.pending = pending
        } else {
            self.pending = nil
            handle(pending.packet, pending.attachments)
        }
    }

    private mutating func handle(_ packet: ReferencePacket, _ attachments: [ByteBuffer]) {
        let namespace = packet.namespace
        let isMember = joined.contains(namespace)
        switch packet.kind {
        case .connect where !isMember:
            join(packet)
        case .disconnect:
            if joined.remove(namespace) != nil { records.append(.left(namespace: namespace, .clientLeft)) }
        case .event where isMember:
            handleEvent(packet, attachments)
        case .ack where isMember:
            break
        case .connect, .event, .ack, .connectError:
            close(.parseError)
        }
    }

    private mutating func join(_ packet: ReferencePacket) {
        let isAccepted =
            joined.count < HTTPToEventServer.maxNamespaces && packet.dataSize <= HTTPToEventServer.maxAuthBytes
            && HTTPToEventServer.hasNamespace(packet.namespace)
        answer(Answer(kind: isAccepted ? .connect : .connectError, namespace: packet.namespace))
        guard isAccepted else { return }
        hasJoined = true
        joined.insert(packet.namespace)
        records.append(.joined(namespace: packet.namespace))
    }

    private mutating func handleEvent(_ packet: ReferencePacket, _ attachments: [ByteBuffer]) {
        let namespace = packet.namespace
        let (name, arguments) = (packet.eventName ?? "", Array(packet.elements.dropFirst()))
        let event = Record.Event(
            namespace: namespace,
            name: Array(name.utf8),
            arguments: arguments,
            attachments: attachments,
            wantsAcknowledgement: packet.id != nil
        )
        records.append(.event(event))
        switch name {
        case "leave", "kick":
            joined.remove(namespace)
            answer(Answer(kind: .disconnect, namespace: namespace))
            records.append(.left(namespace: namespace, .serverDisconnected))
            if name == "kick" { close(.forcedClose) }
        case "big":
            let content = Array("\"\(String(repeating: "x", count: Self.bigEventBytes))\"".utf8)
            answer(Answer(kind: .event, namespace: namespace, elements: [Array("\"big\"".utf8), content]))
        default:
            guard let id = packet.id else { return }
            answer(
                Answer(kind: .ack, namespace: namespace, id: id, elements: arguments, attachments: attachments)
            )
        }
    }
}
