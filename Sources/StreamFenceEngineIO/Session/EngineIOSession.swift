import Logging
import NIOCore

/// What the layer above a session gets to know. Every call is made on the session's event loop.
public protocol EngineIOSessionDelegate: AnyObject {
    /// A message arrived.
    func session(_ session: EngineIOSession, received message: EngineMessage)
    /// The transport can take more, after ``EngineIOSession/isWritable`` was false.
    func sessionBecameWritable(_ session: EngineIOSession)
    /// The session ended; the last call.
    func session(_ session: EngineIOSession, closed reason: EngineIOCloseReason)
}

/// One Engine.IO client, on whichever transport carries it.
///
/// 1. Holds the session's transport and moves it from polling to websocket when the client asks
///    (``SessionStateMachine`` decides).
/// 2. Sends the heartbeat and ends the session when it stays unanswered.
/// 3. Hands received messages to its delegate.
/// 4. Gathers what is sent in one tick of the event loop and gives it to the transport in one piece.
/// 5. Tells through ``isWritable`` whether the transport can take more, and bounds what may wait.
///
/// Owned by ``eventLoop``: every method must be called there. The websocket of an upgraded session may live on another
/// loop; its channel takes writes from any.
///
/// <https://github.com/socketio/socket.io/tree/main/docs/engine.io-protocol>
public final class EngineIOSession {
    /// The session's id, 120 random bits as 20 characters; a secret between the client and the server.
    public let id: String
    /// The loop that owns the session.
    public let eventLoop: any EventLoop
    /// The request that opened the session.
    public let handshake: EngineIOHandshake
    /// Set by whoever opened the server, before the first message is handed on; nil after the end.
    public var delegate: (any EngineIOSessionDelegate)?
    /// Why the session ended; nil while it has not.
    private var closeReason: EngineIOCloseReason?

    /// What the layer above keeps with the session until it ends.
    package var companion: AnyObject?

    package let server: EngineIOServer
    var machine: SessionStateMachine
    private var heartbeat = Heartbeat()
    private var timer: NIOScheduledCallback?

    /// Polling: what the next answered GET carries. Also holds what is sent during an upgrade.
    var outbox = PollingOutbox()
    /// The GET that waits for its answer.
    var waitingPoll: PollExchange?
    /// The session's transport once it is a websocket.
    var webSocket: WebSocketOutbound?
    /// A websocket that has connected with this session's id and has not taken over yet.
    var candidate: WebSocketPeer?
    var candidateDeadline: Scheduled<Void>?
    private var isFlushScheduled = false
    /// There was no ``room``, or something unsent, when somebody asked: they want to be told.
    private var isWritabilityAwaited = false

    init(
        id: String,
        handshake: EngineIOHandshake,
        server: EngineIOServer,
        eventLoop: any EventLoop,
        peer: WebSocketPeer?
    ) {
        self.id = id
        self.handshake = handshake
        self.server = server
        self.eventLoop = eventLoop
        machine = SessionStateMachine(webSocket: peer != nil)
        webSocket = peer.map { WebSocketOutbound(peer: $0, server.configuration, sessionLoop: eventLoop) }
    }

    /// The transport that carries the session now.
    public var transport: EngineIOTransport {
        machine.state == .webSocket ? .webSocket : .polling
    }

    /// Whether the session has ended.
    public var isClosed: Bool { machine.state == .closed }
}

@available(*, unavailable)
extension EngineIOSession: Sendable {}

// MARK: - Sending

extension EngineIOSession {
    /// How many bytes the transport takes now: what a websocket lacks to its high-water mark, or what a waiting GET may
    /// still carry; 0 while the client does not keep up. The last message may exceed it. With `maxPacketsPerPoll` a GET's room is 1 as
    /// long as it has any: ask again after each message.
    ///
    /// After it was 0, ``EngineIOSessionDelegate/sessionBecameWritable(_:)`` tells when it is worth asking again.
    public var room: Int {
        eventLoop.assertInEventLoop()
        let room: Int
        switch machine.state {
        case .webSocket:
            room = webSocket?.room ?? 0
        case .polling, .probing:
            room = pollingRoom
        case .upgrading, .closed:
            room = 0
        }
        if room == 0 { isWritabilityAwaited = true }
        return room
    }

    /// Whether there is any ``room``.
    public var isWritable: Bool { room > 0 }

    /// Whether some of what was flushed has not left yet: a websocket's channel still holds more than a little of it, or no
    /// GET has come for it.
    ///
    /// After it was true, ``EngineIOSessionDelegate/sessionBecameWritable(_:)`` tells when it is worth asking again.
    package var hasUnsent: Bool {
        eventLoop.assertInEventLoop()
        let hasUnsent: Bool
        switch machine.state {
        case .webSocket: hasUnsent = webSocket?.peer.channel.isWritable == false
        case .polling, .probing, .upgrading: hasUnsent = !outbox.isEmpty
        case .closed: hasUnsent = false
        }
        if hasUnsent { isWritabilityAwaited = true }
        return hasUnsent
    }

    /// Gives a message to the transport, to leave with the next ``flush()``. Only while ``isWritable``.
    public func write(_ message: EncodedMessage) {
        eventLoop.assertInEventLoop()
        switch machine.state {
        case .webSocket: appendToWebSocket(message.frames)
        case .polling, .probing, .upgrading: outbox.append(message)
        case .closed: break
        }
    }

    /// Sends a message whether or not the transport can take it at once; it leaves at the end of the loop's tick.
    ///
    /// For answers and other control traffic. More than `maxBufferedBytes` waiting ends the session with
    /// ``EngineIOCloseReason/slowConsumer``, and a websocket client that lets answers pile up is not read from meanwhile.
    public func send(_ message: EncodedMessage) {
        eventLoop.assertInEventLoop()
        guard !isClosed else { return }
        write(message)
        let waiting = machine.state == .webSocket ? sentUnasked(message.count) : outbox.count
        if waiting > server.configuration.maxBufferedBytes {
            close(.slowConsumer)
        } else {
            scheduleFlush()
        }
    }

    /// Hands everything written since the last flush to the transport in one piece.
    public func flush() {
        eventLoop.assertInEventLoop()
        switch machine.state {
        case .webSocket:
            flushWebSocket()
        case .polling, .probing:
            answerPoll()
        case .upgrading, .closed:
            break
        }
    }

    private func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.flush()
        }
    }

    /// Tells the delegate at the end of the tick if there is room by then.
    ///
    /// Not at once: the kernel often takes a write before flush returns, and a delegate that then writes and flushes again
    /// would go one level deeper with each high-water mark of its backlog.
    func tellWhetherWritable() {
        guard isWritabilityAwaited else { return }
        eventLoop.assumeIsolated().execute { self.becameWritable() }
    }

    /// Tells the delegate that there is room again, if it wanted to know.
    func becameWritable() {
        guard isWritabilityAwaited, isWritable else { return }
        isWritabilityAwaited = false
        delegate?.sessionBecameWritable(self)
    }
}

// MARK: - Heartbeat and end

extension EngineIOSession: NIOScheduledCallbackHandler {
    /// Starts the heartbeat and tells `delegate` from now on. Called once, when the handshake has been sent.
    func start(_ delegate: any EngineIOSessionDelegate) {
        if let closeReason {
            // The application closed the session while it was opening it.
            delegate.session(self, closed: closeReason)
            return
        }
        self.delegate = delegate
        schedule(server.configuration.pingInterval)
    }

    /// For SwiftNIO alone to call: the heartbeat's timer has expired.
    public func handleScheduledCallback(eventLoop: some EventLoop) {
        timer = nil
        guard !isClosed else { return }
        switch heartbeat.timerFired() {
        case .sendPing:
            send(Self.ping)
            schedule(server.configuration.pingTimeout)
        case .close:
            server.timedOut.increment(.ping)
            close(.pingTimeout)
        }
    }

    private static let ping = EncodedMessage(.heartbeat)

    private func schedule(_ delay: TimeAmount) {
        timer?.cancel()
        // Fails only on a loop that is shutting down, which ends the session anyway.
        timer = try? eventLoop.assumeIsolated().scheduleCallback(in: delay, handler: self)
    }

    /// Handles a packet from the session's own transport.
    func received(_ packet: EnginePacket) {
        guard !isClosed else { return }
        switch packet {
        case .message(let message):
            delegate?.session(self, received: message)
        case .pong:
            if heartbeat.pongReceived() { schedule(server.configuration.pingInterval) }
        case .close:
            // Its GET may be on its way still, on a connection of another event loop than the POST that said farewell.
            end(.transportClose, lastAnswers: [.noopPayload])
        case .upgrade, .noop:
            break
        case .open, .ping:
            // Only the server opens, and since version 4 only the server pings.
            server.logRejection("packet refused", "an open or ping packet from a client")
            close(.parseError)
        }
    }

    /// Ends the session. Does nothing if it has ended.
    ///
    /// What was sent before still leaves: a websocket takes it before the closing handshake, a polling client's next GET
    /// is answered with it where the application or the server closes, and the one after that with the end.
    public func close(_ reason: EngineIOCloseReason) {
        eventLoop.assertInEventLoop()
        flush()
        switch reason {
        case .forcedClose, .serverShutdown:
            end(reason, lastAnswers: outbox.takeAllAndClose(maxPackets: server.configuration.packetsPerPoll))
        default: end(reason, lastAnswers: [])
        }
    }

    /// - Parameter lastAnswers: what a polling client's next GETs are answered with, should they come soon.
    private func end(_ reason: EngineIOCloseReason, lastAnswers: [EngineIOResponse]) {
        let owed = transport == .polling && waitingPoll == nil ? lastAnswers : []
        flush()
        guard machine.close() else { return }
        closeReason = reason
        timer?.cancel()
        timer = nil
        releaseTransports(reason)
        server.remove(self, owing: owed)
        server.logger.debug("session closed", metadata: ["sid": "\(id.prefix(4))…", "reason": "\(reason.rawValue)"])
        delegate?.session(self, closed: reason)
        delegate = nil
        companion = nil
    }

    private func releaseTransports(_ reason: EngineIOCloseReason) {
        // A client that says it leaves has its waiting GET ended with a noop packet; any other is told with a close packet.
        waitingPoll?.answer(reason == .transportClose ? .noopPayload : .closePayload)
        waitingPoll = nil
        outbox = PollingOutbox()
        candidate?.close(.goingAway)
        forgetCandidate()
        webSocket?.peer.close(WebSocketCloseCode(reason))
        webSocket = nil
    }
}

/// The transports of Engine.IO 4.
public enum EngineIOTransport: String, Sendable {
    /// HTTP long-polling: GETs that wait for messages, and POSTs.
    case polling
    /// A websocket, from the start or after an upgrade.
    case webSocket = "websocket"
}
