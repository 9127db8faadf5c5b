import NIOCore
import StreamFenceEngineIO
import StreamFenceSocketIO

/// One client with its connections, and ``ReferenceSession`` at its side: whatever the server reads, the reference is told
/// first; whatever the server sends is held against it.
final class Client {
    let number: Int
    var session: ReferenceSession
    /// Whether nobody else can have meddled with the session: what it comes to is known then.
    var isModelled = true
    /// The session's id, once the server has told it.
    var sid: String?
    /// The transport of the session once it is a websocket.
    var webSocket: Connection?
    /// A websocket that is to take over.
    var candidate: Connection?
    /// Its latest connection for GETs, and that for POSTs.
    private var getter: Connection?
    private var poster: Connection?
    /// What is to leave in one go.
    private var gathered: [ClientPacket]?
    /// A packet from the server that waits for its attachments.
    var incomplete: (packet: ReferencePacket, attachments: [ByteBuffer])?
    private let connect: (Client) throws(Violation) -> Connection

    /// - Parameter connect: opens a connection to the server.
    init(
        number: Int,
        _ transport: ReferenceSession.Transport,
        now: Int,
        connect: @escaping (Client) throws(Violation) -> Connection
    ) {
        self.number = number
        session = ReferenceSession(transport, now: now)
        self.connect = connect
    }

    private var identity: String { "&client=\(number)" }
    private func target(_ transport: String) -> String {
        HTTPText.path + transport + "&sid=\(sid ?? "none")\(identity)"
    }

    func pass(until time: Int) {
        session.pass(until: time)
        if session.transport == .polling { candidate = nil }
    }
}

// MARK: - What it does

extension Client {
    /// - Parameters:
    ///   - behind: the text of a packet that is sent before the session is known to be open.
    func openWebSocket(behind: [UInt8]?) throws(Violation) {
        let connection = try connect(self)
        webSocket = connection
        let frame = behind.map { FrameText.frame(.text($0)) } ?? []
        connection.upgrade(HTTPText.path + "websocket" + identity, expected: 101, behind: frame)
    }

    /// The same, behind a request whose answer has to be waited for: a polling session that is left to itself.
    func openWebSocketPipelined(behind: [UInt8]) throws(Violation) {
        let connection = try connect(self)
        webSocket = connection
        connection.upgrade(
            HTTPText.path + "websocket" + identity,
            expected: 101,
            before: (.openAside, HTTPText.get(HTTPText.path + "polling")),
            behind: FrameText.frame(.text(behind))
        )
    }

    func openPolling() throws(Violation) {
        let connection = try connect(self)
        getter = connection
        connection.request(.open, HTTPText.get(HTTPText.path + "polling" + identity))
    }

    func poll() throws(Violation) {
        let connection = try idle(getter)
        getter = connection
        session.pollArrived()
        connection.request(.poll, HTTPText.get(target("polling")))
    }

    func send(_ packet: ClientPacket) throws(Violation) {
        guard gathered == nil else {
            gathered?.append(packet)
            return
        }
        try send([packet])
    }

    /// Begins to gather packets, or sends those that were gathered.
    func gather() throws(Violation) {
        let packets = gathered
        gathered = packets == nil ? [] : nil
        if let packets, !packets.isEmpty { try send(packets) }
    }

    private func send(_ packets: [ClientPacket]) throws(Violation) {
        if let webSocket {
            return webSocket.send(packets.flatMap(FrameText.frame))
        }
        let pieces = packets.map { packet in
            switch packet {
            case .text(let text):
                return text
            case .binary(let bytes):
                var piece = ByteBuffer()
                PollingPayload.append(.message(.binary(ByteBuffer(bytes: bytes))), to: &piece)
                return Array(piece.readableBytesView)
            }
        }
        let body = Array(pieces.joined(separator: [0x1E]))
        let connection = try idle(poster)
        poster = connection
        let expected = session.postArrived(body)
        connection.request(
            .post(expected: expected),
            HTTPText.post(target("polling"), length: body.count),
            body: body
        )
    }

    /// Sends bytes on the websocket as they are.
    func send(frames: [UInt8]) {
        webSocket?.send(frames)
    }

    func upgrade() throws(Violation) {
        guard sid != nil else { return }
        let connection = try connect(self)
        let isKnown = session.isOpen
        if session.candidateArrived() { candidate = connection }
        connection.upgrade(target("websocket"), expected: isKnown ? 101 : 400)
    }

    func send(candidateText text: [UInt8]) {
        candidate?.send(FrameText.frame(.text(text)))
    }

    /// The connection on which it hears from the server ends.
    func close() {
        if let webSocket {
            if webSocket.isOpen { session.close(.transportClose) }
            return webSocket.close()
        }
        if session.isPollWaiting { session.close(.transportClose) }
        getter?.close()
    }

    /// All its connections are about to end.
    func leave() {
        closeCandidate()
        if webSocket?.isOpen == true || session.isPollWaiting { session.close(.transportClose) }
    }

    func closeCandidate() {
        guard let candidate else { return }
        candidate.close()
        session.candidateLost()
        self.candidate = nil
    }

    /// A connection that takes a request: the one there is, if it is open and rests.
    private func idle(_ connection: Connection?) throws(Violation) -> Connection {
        if let connection, connection.isOpen, !connection.isBusy { return connection }
        return try connect(self)
    }
}
