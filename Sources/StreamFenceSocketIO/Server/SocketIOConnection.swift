import NIOCore
import StreamFenceEngineIO

/// One client's session with its sockets, one for each namespace it has joined.
///
/// 1. Decodes what arrives and gives it to the namespace it is for.
/// 2. Lets the client join namespaces, within `connectTimeout` the first one.
/// 3. Ends the session of a client that breaks the protocol.
///
/// Owned by the session's event loop.
/// <https://github.com/socketio/socket.io/tree/main/docs/socket.io-protocol>
final class SocketIOConnection: EngineIOSessionDelegate {
    let session: EngineIOSession
    private let namespaces: NamespaceTable
    private var decoder: SocketPacketDecoder
    private let maxAuthBytes: Int
    private let maxNamespaces: Int
    /// How much the client sends; nil where that has no limit.
    private let meter: InboundMeter?
    private let refusals: JoinRefusals
    private var members: [String: Member] = [:]
    /// The member of the last packet: most clients talk to one namespace.
    private var latest: Joined?
    private var connectDeadline: Scheduled<Void>?

    /// A class, as one is handed around with each packet.
    private final class Joined {
        let socket: Socket
        let handler: any NamespaceHandler

        init(socket: Socket, handler: any NamespaceHandler) {
            self.socket = socket
            self.handler = handler
        }
    }

    private enum Member {
        /// The namespace is still deciding, in this task; whether the client still wants to join.
        case pending(Task<Void, Never>, isWanted: Bool)
        case joined(Socket, any NamespaceHandler)
    }

    init(
        session: EngineIOSession,
        namespaces: NamespaceTable,
        configuration: SocketIOConfiguration,
        refusals: JoinRefusals
    ) {
        self.session = session
        self.refusals = refusals
        self.namespaces = namespaces
        maxAuthBytes = configuration.maxAuthBytes
        maxNamespaces = configuration.maxNamespacesPerConnection ?? .max
        meter = InboundMeter(configuration)
        decoder = SocketPacketDecoder(
            limits: SocketPacketDecoder.Limits(
                maxAttachments: configuration.maxAttachments,
                maxPayloadBytes: configuration.engine.maxPayload,
                maxDepth: configuration.maxJSONDepth
            )
        )
        connectDeadline = session.eventLoop.assumeIsolated().scheduleTask(in: configuration.connectTimeout) {
            session.server.timedOut.increment(.connect)
            session.close(.forcedClose)
        }
    }

    // MARK: What arrives

    func session(_ session: EngineIOSession, received message: EngineMessage) {
        do {
            let packet: SocketPacket?
            switch message {
            case .text(let text): packet = try decoder.receive(text: text)
            case .binary(let bytes): packet = try decoder.receive(binary: bytes)
            }
            if let packet { try handle(packet) }
        } catch {
            session.server.logRejection("packet refused", error)
            if let limit = error.limit { session.server.refusedInput.increment(limit) }
            session.close(.parseError)
        }
    }

    private func handle(_ packet: SocketPacket) throws(SocketPacketError) {
        switch packet.kind {
        case .connect:
            try join(packet)
        case .disconnect:
            charge(packet)
            part(from: packet.namespace)
        case .event:
            let member = try member(of: packet)
            guard let name = packet.eventName else { return }
            member.handler.received(packet, named: name, from: member.socket)
        case .ack:
            let member = try member(of: packet)
            guard let id = packet.id else { return }
            member.handler.acknowledged(id, packet, from: member.socket)
        case .connectError:
            throw SocketPacketError(unexpected: "a packet a client may send", found: "a connect error")
        }
    }

    /// Counts a packet against what the client may send, and ends a client that does not listen: one that sends on, and on, after
    /// it was refused.
    @discardableResult
    func charge(_ packet: SocketPacket) -> InboundMeter.Verdict {
        guard let meter else { return .within }
        guard !session.isClosed else { return .beyond }
        let verdict = meter.take(bytes: packet.heldBytes)
        if verdict == .farBeyond {
            session.server.logRejection("client disconnected", "it sends more than it may")
            session.close(.forcedClose)
        }
        return verdict
    }

    private func member(of packet: SocketPacket) throws(SocketPacketError) -> Joined {
        if let latest, latest.socket.namespace == packet.namespace { return latest }
        guard case .joined(let socket, let handler)? = members[packet.namespace] else {
            throw SocketPacketError(unexpected: "a namespace the client has joined", found: "another one")
        }
        let member = Joined(socket: socket, handler: handler)
        latest = member
        return member
    }

    func sessionBecameWritable(_ session: EngineIOSession) {
        for case .joined(let socket, let handler) in members.values {
            handler.becameWritable(socket)
        }
    }

    func session(_ session: EngineIOSession, closed reason: EngineIOCloseReason) {
        connectDeadline?.cancel()
        connectDeadline = nil
        let left = members.values
        members = [:]
        for member in left {
            switch member {
            case .pending(let decision, _): decision.cancel()
            case .joined(let socket, let handler): leave(socket, handler, .connection(reason))
            }
        }
    }

    // MARK: Joining and leaving

    private static let rateLimited: SocketValue = ["code": "RATE_LIMITED"]

    private func join(_ packet: SocketPacket) throws(SocketPacketError) {
        let path = packet.namespace
        guard members[path] == nil else {
            throw SocketPacketError(unexpected: "one connect to a namespace", found: "a second one")
        }
        guard charge(packet) == .within else {
            refusals.byRate.increment()
            if !session.isClosed { refuse(path, ConnectRefusal("too many messages", data: Self.rateLimited)) }
            return
        }
        guard members.count < maxNamespaces else {
            refusals.byNamespaces.increment()
            let message = "expected at most \(maxNamespaces) namespaces on a connection, found one more"
            refuse(path, ConnectRefusal(message, data: Self.rateLimited))
            return
        }
        guard packet.data?.buffer.readableBytes ?? 0 <= maxAuthBytes else {
            refuse(path, ConnectRefusal("expected at most \(maxAuthBytes) bytes of auth"))
            return
        }
        guard let handler = namespaces.acquire(path) else {
            refuse(path, ConnectRefusal("Invalid namespace"))
            return
        }
        let request = ConnectRequest(
            namespace: path,
            auth: packet.data,
            handshake: session.handshake,
            transport: session.transport,
            eventLoop: session.eventLoop
        )
        switch handler.admit(request) {
        case .accept: accept(request, handler, nil)
        case .refuse(let refusal): turnAway(path, refusal)
        case .decide(let decide): wait(for: decide, request, handler)
        }
    }

    private func wait(
        for decide: @escaping @Sendable () async throws -> (any Sendable)?,
        _ request: ConnectRequest,
        _ handler: any NamespaceHandler
    ) {
        let eventLoop = session.eventLoop
        let connection = NIOLoopBound(self, eventLoop: eventLoop)
        let decision = Task {
            let result: Result<(any Sendable)?, any Error>
            do {
                result = .success(try await decide())
            } catch {
                result = .failure(error)
            }
            eventLoop.execute { connection.value.decided(result, request, handler) }
        }
        members[request.namespace] = .pending(decision, isWanted: true)
    }

    private func decided(
        _ result: Result<(any Sendable)?, any Error>,
        _ request: ConnectRequest,
        _ handler: any NamespaceHandler
    ) {
        // The client may have gone, or have left again, meanwhile.
        guard !session.isClosed, case .pending(_, let isWanted)? = members.removeValue(forKey: request.namespace),
            isWanted
        else { return namespaces.release(request.namespace) }
        switch result {
        case .success(let decision):
            accept(request, handler, decision)
        case .failure(let refusal as ConnectRefusal):
            turnAway(request.namespace, refusal)
        case .failure(let error):
            session.server.logRejection("a connect middleware failed", error)
            turnAway(request.namespace, ConnectRefusal("Connection refused"))
        }
    }

    /// Refuses a client that has asked for a namespace there is.
    private func turnAway(_ path: String, _ refusal: ConnectRefusal) {
        refuse(path, refusal)
        namespaces.release(path)
    }

    private func refuse(_ path: String, _ refusal: ConnectRefusal) {
        session.server.logRejection("join refused", "\(path.prefix(100)): \(refusal.message)")
        session.send(.connectError(refusal, namespace: path))
    }

    private func accept(_ request: ConnectRequest, _ handler: any NamespaceHandler, _ decision: (any Sendable)?) {
        connectDeadline?.cancel()
        connectDeadline = nil
        let socket = Socket(namespace: request.namespace, auth: request.auth, connection: self)
        session.send(.connected(socket))
        // Sending ends the session of a client that reads nothing; it has not joined then.
        guard !session.isClosed else {
            socket.left()
            return namespaces.release(request.namespace)
        }
        members[request.namespace] = .joined(socket, handler)
        handler.connected(socket, decision)
    }

    /// The client leaves a namespace. One that is still deciding is told, and waited for: a client must not start any number
    /// of decisions, nor have the answer to one request taken for that to the next.
    private func part(from path: String) {
        switch members[path] {
        case .joined(let socket, let handler)?:
            members[path] = nil
            leave(socket, handler, .clientLeft)
        case .pending(let decision, _)?:
            decision.cancel()
            members[path] = .pending(decision, isWanted: false)
        case nil:
            // The server may have taken the client out of the namespace meanwhile.
            break
        }
    }

    /// The server takes a socket out of its namespace.
    func disconnect(_ socket: Socket, closingConnection: Bool) {
        guard case .joined(_, let handler)? = members.removeValue(forKey: socket.namespace) else { return }
        session.send(.disconnect(namespace: socket.namespace))
        leave(socket, handler, .serverDisconnected)
        if closingConnection { session.close(.forcedClose) }
    }

    private func leave(_ socket: Socket, _ handler: any NamespaceHandler, _ reason: DisconnectReason) {
        latest = nil
        handler.disconnected(socket, reason)
        socket.left()
        namespaces.release(socket.namespace)
    }
}

extension SocketPacketError {
    /// The packet is well formed and not one that may come now.
    fileprivate init(unexpected expected: String, found: String) {
        self.init(code: .unexpectedPacket, message: "unexpected packet", expected: expected, found: found, offset: 0)
    }
}

extension SocketPacketError.Code {
    /// A packet that does not fit what came before it.
    public static let unexpectedPacket = SocketPacketError.Code("unexpected-packet")
}
