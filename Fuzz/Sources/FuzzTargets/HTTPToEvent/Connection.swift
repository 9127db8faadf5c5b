import NIOCore
import NIOEmbedded
import StreamFenceEngineIO
import StreamFenceSocketIO

/// One connection to the server, and everything that is to be heard on it: responses, then frames.
final class Connection {
    /// A request that waits for its response.
    enum Request {
        case open
        /// A polling session that is left to itself.
        case openAside
        case poll
        case post(expected: Int)
        case upgrade(expected: Int)
    }

    let channel: EmbeddedChannel
    let wire: Wire
    /// Bytes of nobody's connection are anything: its responses are valid, whatever they are about.
    private let isForeign: Bool
    private unowned let client: Client?
    private var requests: [Request] = []
    private var responses: ArraySlice<UInt8> = []
    private var serverFrames: ReferenceFrames?
    private var clientFrames: ReferenceFrames?
    /// How many bytes the client sends before the first frame.
    private var untilFrames = Int.max
    /// The client has ended it, and hears nothing more.
    private var isAbandoned = false
    /// The server has said its last word.
    private var hasEnded = false
    /// The code of the client's own close frame, which the server sends back.
    var closeCode: UInt16?

    /// Normal, going away, protocol error, not UTF-8, policy violation, too large.
    private static let closeCodes: Set<UInt16> = [1000, 1001, 1002, 1007, 1008, 1009]

    /// - Parameter client: whose connection it is; nil for nobody's.
    init(to server: SocketIOServer, of client: Client?, reads: [Int], on loop: EmbeddedEventLoop) throws {
        isForeign = client == nil
        self.client = client
        wire = Wire(reads: reads)
        channel = EmbeddedChannel(handler: wire, loop: loop)
        try server.serve(channel)
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.7", port: 40_000)).wait()
        wire.onRead = { [unowned self] in clientSent($0) }
        channel.read()
    }

    var isOpen: Bool { channel.isActive }
    /// Whether a request waits for its response.
    var isBusy: Bool { !requests.isEmpty }

    func send(_ bytes: [UInt8]) {
        wire.send(bytes)
    }

    func request(_ request: Request, _ head: String, body: [UInt8] = []) {
        requests.append(request)
        send(Array(head.utf8) + body)
    }

    /// Asks for a websocket.
    ///
    /// - Parameter before: a request whose response is awaited before.
    func upgrade(_ target: String, expected: Int, before: (Request, String)? = nil, behind: [UInt8] = []) {
        let head = (before?.1 ?? "") + HTTPText.upgrade(target)
        if let before { requests.append(before.0) }
        requests.append(.upgrade(expected: expected))
        untilFrames = head.utf8.count
        clientFrames = expected == 101 ? ReferenceFrames(HTTPToEventServer.frames(.server)) : nil
        send(Array(head.utf8) + behind)
    }

    /// The client ends it.
    func close() {
        isAbandoned = true
        channel.close(promise: nil)
    }

    // MARK: From the client

    private func clientSent(_ piece: ArraySlice<UInt8>) {
        let frames = piece.dropFirst(untilFrames)
        untilFrames -= min(untilFrames, piece.count)
        guard let client, !frames.isEmpty else { return }
        clientFrames?.append(frames)
        while let step = clientFrames?.next() {
            switch step {
            case .event(let event): client.sent(event, on: self)
            case .fragment: break
            case .incomplete: return
            case .refused(let code):
                clientFrames = nil
                client.broke(code, on: self)
            }
        }
    }

    // MARK: From the server

    /// Reads what the server has sent, to the last byte.
    func listen() throws(Violation) {
        let bytes = wire.takeReceived()
        guard !bytes.isEmpty else { return }
        try expect(!hasEnded, "nothing follows the last word", found: String(decoding: bytes, as: UTF8.self))
        if serverFrames != nil {
            serverFrames?.append(bytes)
        } else {
            responses += bytes
            try listenForResponses()
        }
        try listenForFrames()
    }

    private func listenForResponses() throws(Violation) {
        while !responses.isEmpty, serverFrames == nil {
            guard let response = try ReferenceResponse(&responses, mayLackBody: isForeign) else { return }
            if response["connection"]?.lowercased() == "close" { hasEnded = true }
            try expect(!hasEnded || responses.isEmpty, "nothing follows the last response")
            if response.status == 101 {
                let proof = isForeign ? response["sec-websocket-accept"] : "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
                try expect(proof != nil, "a handshake is proven")
                try expectEqual(response["sec-websocket-accept"], proof, "a handshake is proven")
                var frames = ReferenceFrames(HTTPToEventServer.frames(.client))
                frames.append(responses)
                serverFrames = frames
                responses = []
            }
            if !isForeign { try answered(response) }
        }
        if responses.isEmpty { responses = [] }
    }

    private func answered(_ response: ReferenceResponse) throws(Violation) {
        try expect(isBusy, "a response answers a request")
        switch requests.removeFirst() {
        case .open:
            try expectEqual(response.status, 200, "a session is opened")
            try client?.polled(response)
        case .openAside:
            try expectEqual(response.status, 200, "a session is opened")
        case .poll:
            try client?.polled(response)
        case .post(let expected):
            try client?.posted(response, expected: expected)
        case .upgrade(let expected):
            guard client?.isModelled == true else { return }
            try expectEqual(response.status, expected, "whether a websocket is opened")
        }
    }

    private func listenForFrames() throws(Violation) {
        while let step = serverFrames?.next() {
            switch step {
            case .event(.message(.text(let text))):
                try heard(ReferencePayload.textPacket(Array(text.readableBytesView)))
            case .event(.message(let binary)):
                try heard(.message(binary))
            case .event(.pong):
                break
            case .event(.ping):
                throw Violation(property: "the server pings by packets", expected: "no ping frame", found: "one")
            case .event(.close(let code)):
                // The client's own code, or why the server closes.
                let isNamed = isForeign || code == closeCode || code.map { Self.closeCodes.contains($0) } == true
                try expect(isNamed, "a close frame names its reason", found: "\(code ?? 0)")
                hasEnded = true
                try expect(serverFrames?.isAtEnd == true, "nothing follows a close frame")
            case .fragment, .refused:
                throw Violation(property: "the server sends whole, valid frames", expected: "one", found: "\(step)")
            case .incomplete:
                return
            }
        }
    }

    private func heard(_ packet: EnginePacket?) throws(Violation) {
        guard let packet else {
            throw Violation(property: "the server sends packets", expected: "one", found: "something else")
        }
        try client?.heard(packet)
    }

    /// Nothing may be left for later: what was written is flushed, what is closed was answered.
    func checkRest() throws(Violation) {
        try expectEqual(wire.unflushed, 0, "what is written is flushed")
        let limit = HTTPToEventServer.maxBufferedBytes + 2 * HTTPToEventServer.maxPayload
        try expect(wire.mostWaitingBytes <= limit, "what waits is bounded", found: "\(wire.mostWaitingBytes) bytes")
        guard !isAbandoned else { return }
        let isPolling = requests.allSatisfy { if case .poll = $0 { true } else { false } }
        try expect(isPolling, "every request but a GET is answered at once", found: "\(requests)")
        guard !isOpen else { return }
        try expect(requests.isEmpty, "a connection ends when its requests are answered", found: "\(requests)")
        try expect(responses.isEmpty || wire.isStalled, "a response is whole", found: "\(responses.count) bytes")
    }
}
