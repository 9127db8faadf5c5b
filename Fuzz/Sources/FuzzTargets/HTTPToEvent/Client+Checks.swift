import NIOCore
import StreamFenceEngineIO
import StreamFenceSocketIO

// MARK: - What the server reads

extension Client {
    func sent(_ event: WebSocketFrameDecoder.Event, on connection: Connection) {
        if case .close(let code) = event { connection.closeCode = code }
        if connection === webSocket {
            switch event {
            case .message(let message): session.received(Self.packet(message))
            case .close: session.close(.transportClose)
            case .ping, .pong: break
            }
        } else if connection === candidate {
            switch event {
            case .message(let message): session.candidateReceived(Self.packet(message))
            case .close: session.candidateLost()
            case .ping, .pong: break
            }
            if session.transport == .webSocket { webSocket = connection }
            if session.transport == .webSocket || session.transport == .polling { candidate = nil }
        }
    }

    /// Bytes on a connection break the rules of websockets.
    func broke(_ code: EngineIOError.Code, on connection: Connection) {
        if connection === webSocket {
            session.close(code == .payloadTooLarge || code == .tooManyFrames ? .payloadTooLarge : .transportError)
        } else if connection === candidate {
            session.candidateLost()
            candidate = nil
        }
    }

    private static func packet(_ message: EngineMessage) -> EnginePacket? {
        switch message {
        case .text(let text): ReferencePayload.textPacket(Array(text.readableBytesView))
        case .binary: .message(message)
        }
    }
}

// MARK: - What the server sends

extension Client {
    /// The answer to a GET.
    func polled(_ response: ReferenceResponse) throws(Violation) {
        let mayBeRefused = !session.isOpen || session.transport == .webSocket || mayBeTooSlow
        session.pollAnswered()
        guard response.status == 200 else {
            let isRefused = response.status == 400 && mayBeRefused
            try expect(isRefused || !isModelled, "a GET is answered", found: "\(response.status)")
            if session.isOpen, session.transport != .webSocket { session.forget() }
            return
        }
        let payload = response.body.withUnsafeBytes { ReferencePayload($0) }
        try expect(!payload.isRefused, "a GET is answered with packets", found: "\(response.body)")
        for packet in payload.packets { try heard(packet) }
    }

    func posted(_ response: ReferenceResponse, expected: Int) throws(Violation) {
        guard isModelled else { return }
        if response.status == 400, expected == 200, mayBeTooSlow { return session.forget() }
        try expectEqual(response.status, expected, "what a POST is answered with")
    }

    func heard(_ packet: EnginePacket) throws(Violation) {
        switch packet {
        case .open(let handshake):
            try expect(sid == nil, "a session is opened once")
            let json = ReferenceJSON.parse(Array(handshake.readableBytesView), maxDepth: 2)
            guard case .string(let id)? = json?["sid"]?.value, id.utf8.count == 20 else {
                throw Violation(property: "a handshake", expected: "an id", found: String(buffer: handshake))
            }
            sid = id
        case .message(.text(let text)):
            try expect(incomplete == nil, "attachments follow their packet")
            let packet = ReferencePacket(Array(text.readableBytesView), limits: Self.anyPacket)
            guard let packet else {
                throw Violation(property: "a packet", expected: "a valid one", found: String(buffer: text))
            }
            incomplete = (packet, [])
            try heardWhole()
        case .message(.binary(let bytes)):
            try expect(incomplete != nil, "attachments follow their packet")
            incomplete?.attachments.append(bytes)
            try heardWhole()
        case .ping, .pong, .close, .noop:
            break
        case .upgrade:
            throw Violation(property: "the client upgrades", expected: "no upgrade packet", found: "one")
        }
    }

    private static let anyPacket = SocketPacketDecoder.Limits(
        maxAttachments: .max,
        maxPayloadBytes: .max,
        maxDepth: .max
    )

    private func heardWhole() throws(Violation) {
        guard let (packet, attachments) = incomplete, attachments.count == packet.attachments else { return }
        incomplete = nil
        guard isModelled else { return }
        guard let answer = session.takeAnswer() else {
            throw Violation(property: "what a client is sent", expected: "nothing", found: "\(packet)")
        }
        try expectEqual(packet.kind, answer.kind, "the kind of what a client is sent")
        try expectEqual(packet.namespace, answer.namespace, "the namespace of what a client is sent")
        try expectEqual(packet.id, answer.id, "the id of what a client is sent")
        if let elements = answer.elements {
            try expectEqual(packet.elements, elements, "the content of what a client is sent")
        }
        try expectEqual(attachments, answer.attachments, "the attachments of what a client is sent")
    }
}

// MARK: - What it has come to

extension Client {
    /// So much waits for the client that the server may have given it up.
    private var mayBeTooSlow: Bool {
        session.mostWaiting > HTTPToEventServer.maxBufferedBytes
    }

    /// So much that it must have.
    private var isTooSlow: Bool {
        session.answers.reduce(0) { $0 + $1.leastBytes } > HTTPToEventServer.maxBufferedBytes
    }

    /// Holds what the program was told against the reference, and what the client has heard as far as it listens.
    func check(_ records: [Record]) throws(Violation) {
        guard isModelled else { return }
        let mayBeTooSlow = mayBeTooSlow
        let expected = session.takeRecords()
        if mayBeTooSlow, records.sorted != expected.sorted {
            // It ended somewhere on the way.
            let events = records.filter { if case .left = $0 { false } else { true } }
            try expectEqual(events, Array(expected.prefix(events.count)), "the events up to the end of a slow client")
            return session.forget()
        }
        try expectEqual(records.sorted, expected.sorted, "what the program is told of client \(number)")
        let isGivenUp = !session.isOpen || !session.isJoined || !isTooSlow
        try expect(isGivenUp, "who lets too much pile up is disconnected")

        guard session.isOpen, sid != nil else { return }
        let isListening = webSocket.map { !$0.wire.isStalled } ?? session.isPollWaiting
        let untold = session.answers
        try expect(!isListening || untold.isEmpty, "who listens is told everything", found: "\(untold)")
    }
}

extension [Record] {
    /// With those that leave at the end of a session, which do so in any order, in order.
    fileprivate var sorted: [Record] {
        var records = self
        var start = 0
        while start < records.count {
            var end = start
            while end < records.count, case .left = records[end] { end += 1 }
            records[start..<end].sort { "\($0)" < "\($1)" }
            start = end + 1
        }
        return records
    }
}
