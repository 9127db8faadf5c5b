/// Which transport carries a session, and what each request is answered with.
///
/// A pure value: every event returns what ``EngineIOSession`` has to do. It follows the upgrade of the protocol,
/// <https://github.com/socketio/socket.io/tree/main/docs/engine.io-protocol#upgrade>:
/// polling -> probing (a websocket with the session's id has connected) -> upgrading (its probe was answered) -> websocket.
struct SessionStateMachine {
    enum State: Equatable {
        case polling
        case probing
        case upgrading
        case webSocket
        case closed
    }

    private(set) var state: State
    /// A GET waits for its answer.
    private(set) var isPollWaiting = false

    init(webSocket: Bool) {
        state = webSocket ? .webSocket : .polling
    }

    enum PollAction: Equatable {
        /// Answer it as soon as there is something to send.
        case hold
        /// Answer it now with a noop packet: the client is about to leave polling.
        case answerNoop
        /// A second GET at once: answer both with 400 and close the session.
        case closeOverlapping
        /// The session is not a polling one (any more).
        case refuse
    }

    mutating func pollArrived() -> PollAction {
        switch state {
        case .polling, .probing:
            if isPollWaiting { return .closeOverlapping }
            isPollWaiting = true
            return .hold
        case .upgrading:
            return .answerNoop
        case .webSocket, .closed:
            return .refuse
        }
    }

    /// The waiting GET has been answered.
    mutating func pollAnswered() {
        isPollWaiting = false
    }

    /// Whether the session takes POSTs: true until a websocket carries it.
    var acceptsPosts: Bool {
        switch state {
        case .polling, .probing, .upgrading: return true
        case .webSocket, .closed: return false
        }
    }

    /// A websocket with this session's id has connected; false if it has to be closed.
    mutating func candidateArrived() -> Bool {
        guard state == .polling else { return false }
        state = .probing
        return true
    }

    enum CandidateAction: Equatable {
        /// Answer the probe, and the waiting GET (if any) with a noop packet.
        case answerProbe
        /// The websocket is the session's transport from now on.
        case switchTransport
        /// The candidate sent what it may not: close it, and go on polling.
        case closeCandidate
    }

    mutating func candidateSent(_ packet: EnginePacket) -> CandidateAction {
        switch (state, packet) {
        case (.probing, .ping(let content)) where content.readableBytesView.elementsEqual("probe".utf8):
            state = .upgrading
            return .answerProbe
        case (.upgrading, .upgrade):
            state = .webSocket
            return .switchTransport
        default:
            candidateLost()
            return .closeCandidate
        }
    }

    /// The candidate is gone, or took too long; the session goes on polling.
    mutating func candidateLost() {
        if state == .probing || state == .upgrading { state = .polling }
    }

    /// False if the session was closed already.
    mutating func close() -> Bool {
        guard state != .closed else { return false }
        state = .closed
        isPollWaiting = false
        return true
    }
}
