import Logging
import NIOCore
import Synchronization

/// An Engine.IO 4 server on one path: the sessions it holds, and how they are opened and found.
///
/// It binds no port: ``configurePipeline(of:for:)`` makes a channel speak HTTP for one or several of them.
///
/// <https://github.com/socketio/socket.io/tree/main/docs/engine.io-protocol>
public final class EngineIOServer: Sendable {
    /// What the server was made with.
    public let configuration: EngineIOConfiguration
    let logger: Logger
    let origins: OriginPolicy
    private let onOpen: @Sendable (EngineIOSession) -> any EngineIOSessionDelegate
    private let registry = Mutex(Registry())
    private let rejections: LogLimiter
    /// Sessions that were refused, as their address had `maxSessionsPerAddress`.
    package let refusedByAddress = Counter()
    /// What clients sent beyond a limit of the transport or of what is built on it.
    package let refusedInput = KeyedCounter<InputLimit>()
    /// Connections and sessions that were ended as they took too long.
    package let timedOut = KeyedCounter<TimeLimit>()

    private struct Registry {
        var sessions: [String: SessionReference] = [:]
        /// Of sessions that have just ended; none is empty.
        var owedAnswers: [String: OwedAnswers] = [:]
        /// The sessions with a POST under way, from its head to its answer.
        var posting: Set<String> = []
        var isStopping = false
        /// Wait for the last session to end.
        var emptied: [EventLoopPromise<Void>] = []
        /// How many sessions each address has; empty where that has no limit.
        var addresses: [AddressBlock: Int] = [:]
    }

    /// - Parameter onOpen: called on the new session's event loop, right after the handshake was sent; returns who
    ///   gets to know what the session receives.
    public init(
        configuration: EngineIOConfiguration,
        logger: Logger,
        onOpen: @escaping @Sendable (EngineIOSession) -> any EngineIOSessionDelegate
    ) {
        self.configuration = configuration
        self.logger = logger
        self.onOpen = onOpen
        origins = OriginPolicy(
            allowed: configuration.allowedOrigins,
            ownScheme: configuration.speaksTLS ? "https" : nil
        )
        rejections = LogLimiter(perWindow: 10, window: .seconds(10))
    }

    /// How many sessions are open.
    public var sessionCount: Int {
        registry.withLock { $0.sessions.count }
    }

    /// Refuses new sessions, closes those that exist, and succeeds when the last one has ended.
    public func shutDown(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        let sessions = registry.withLock { registry in
            registry.isStopping = true
            if !registry.sessions.isEmpty { registry.emptied.append(promise) }
            return Array(registry.sessions.values)
        }
        if sessions.isEmpty { promise.succeed() }
        for session in sessions {
            session.withSession { $0.close(.serverShutdown) }
        }
        return promise.futureResult
    }
}

// MARK: - Sessions

extension EngineIOServer {
    func session(_ id: String) -> SessionReference? {
        registry.withLock { $0.sessions[id] }
    }

    /// Registers a new session on the loop it is called on; ``begin(_:)`` has to follow when its transport is ready.
    ///
    /// - Throws: what to answer instead.
    func makeSession(
        _ handshake: EngineIOHandshake,
        on eventLoop: any EventLoop,
        peer: WebSocketPeer?
    ) throws(SessionRefusal) -> EngineIOSession {
        eventLoop.assertInEventLoop()
        if let identity = handshake.identity, !identity.stands() { throw SessionRefusal(answer: .identityEnded) }
        let session = EngineIOSession(
            id: Self.newSessionID(),
            handshake: handshake,
            server: self,
            eventLoop: eventLoop,
            peer: peer
        )
        let reference = SessionReference(session)
        let address = configuration.maxSessionsPerAddress.map { _ in AddressBlock(handshake.remoteAddress) }
        // Checked under the lock that shutDown holds, so that no session is added behind its back.
        try registry.withLock { registry throws(SessionRefusal) in
            guard !registry.isStopping else { throw SessionRefusal(answer: .stopping) }
            if let address, let most = configuration.maxSessionsPerAddress {
                guard registry.addresses[address, default: 0] < most else {
                    refusedByAddress.increment()
                    throw SessionRefusal(answer: .tooManySessions)
                }
                registry.addresses[address, default: 0] += 1
            }
            registry.sessions[session.id] = reference
        }
        return session
    }

    /// Sends the handshake and hands the session to the application.
    func begin(_ session: EngineIOSession) {
        session.send(EncodedMessage(.open(ByteBuffer(string: handshakeJSON(session)))))
        session.start(onOpen(session))
    }

    /// Forgets a session that has ended.
    ///
    /// - Parameter answers: what GETs that follow are answered with, should they come soon (``OwedAnswers``).
    func remove(_ session: EngineIOSession, owing answers: [EngineIOResponse]) {
        let id = session.id
        let address = configuration.maxSessionsPerAddress.map { _ in AddressBlock(session.handshake.remoteAddress) }
        let now = session.eventLoop.now
        let owed = answers.isEmpty ? nil : OwedAnswers(answers, to: session.handshake.identity, at: now)
        let emptied = registry.withLock { registry -> [EventLoopPromise<Void>] in
            registry.sessions[id] = nil
            registry.owedAnswers[id] = owed
            if let address {
                let count = registry.addresses[address, default: 0]
                registry.addresses[address] = count > 1 ? count - 1 : nil
            }
            guard registry.sessions.isEmpty else { return [] }
            defer { registry.emptied = [] }
            return registry.emptied
        }
        for promise in emptied { promise.succeed() }
        if let owed { forgetOwedAnswers(id, at: owed.deadline, on: session.eventLoop) }
    }

    private func forgetOwedAnswers(_ id: String, at deadline: NIODeadline, on eventLoop: any EventLoop) {
        eventLoop.scheduleTask(deadline: deadline) {
            let next = self.registry.withLock { registry -> NIODeadline? in
                // A GET that has come meanwhile has won time for the next one.
                if let owed = registry.owedAnswers[id], owed.deadline > deadline { return owed.deadline }
                registry.owedAnswers[id] = nil
                return nil
            }
            if let next { self.forgetOwedAnswers(id, at: next, on: eventLoop) }
        }
    }

    /// What the GET of a session that has just ended is to be answered with, once; nil for somebody else's.
    func takeOwedAnswer(_ id: String, for identity: PeerIdentity?, at now: NIODeadline) -> EngineIOResponse? {
        registry.withLock { registry in
            let answer = registry.owedAnswers[id]?.take(for: identity, at: now)
            if registry.owedAnswers[id]?.isEmpty == true { registry.owedAnswers[id] = nil }
            return answer
        }
    }

    /// Notes that a POST of this session is under way; false if another one is.
    func beginPost(_ id: String) -> Bool {
        registry.withLock { $0.posting.insert(id).inserted }
    }

    func endPost(_ id: String) {
        registry.withLock { _ = $0.posting.remove(id) }
    }

    private func handshakeJSON(_ session: EngineIOSession) -> String {
        let canUpgrade = session.transport == .polling && configuration.transports.contains(.webSocket)
        return """
            {"sid":"\(session.id)","upgrades":[\(canUpgrade ? "\"websocket\"" : "")],\
            "pingInterval":\(configuration.pingInterval.nanoseconds / 1_000_000),\
            "pingTimeout":\(configuration.pingTimeout.nanoseconds / 1_000_000),\
            "maxPayload":\(configuration.maxPayload)}
            """
    }

    /// 120 random bits as 20 characters that need no escaping anywhere.
    package static func newSessionID() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var random = SystemRandomNumberGenerator()
        return String(unsafeUninitializedCapacity: 20) { characters in
            var bits: UInt64 = 0
            for index in 0..<20 {
                if index % 10 == 0 { bits = random.next() }
                characters[index] = alphabet[Int(bits & 0x3F)]
                bits >>= 6
            }
            return 20
        }
    }

    /// Logs what a client did wrong at level notice, at most ten lines of a kind in ten seconds. Names the caller's
    /// module.
    ///
    /// - Parameters:
    ///   - what: a literal, the kind of the line.
    ///   - reason: an error or a text; nothing of unbounded length that a client sent.
    package func logRejection(
        _ what: Logger.Message,
        _ reason: Any,
        file: String = #fileID,
        function: String = #function,
        line: UInt = #line
    ) {
        rejections.log(
            logger,
            what,
            metadata: ["reason": "\(reason)"],
            file: file,
            function: function,
            line: line
        )
    }
}

/// A session that was not opened, and what its request is answered with.
struct SessionRefusal: Error {
    let answer: EngineIOResponse
}
