/// How far the requests of a connection are. They are read and answered in order, and one may be answered before it is read.
struct RequestProgress {
    enum Action: Equatable {
        case nothing
        /// The time of the oldest request that has not ended begins.
        case startTimer
        /// No request is left.
        case stopTimer
        /// No other request is wanted.
        case close
    }

    private var begun = 0
    private var read = 0
    private var answered = 0
    /// Whether an answer has said `Connection: close`: whatever comes after its request is passed over.
    private(set) var isClosing = false

    private var ended: Int { min(read, answered) }

    mutating func begins() -> Action {
        begun += 1
        return begun == ended + 1 ? .startTimer : .nothing
    }

    mutating func isRead() -> Action {
        next { $0.read += 1 }
    }

    mutating func isAnswered() -> Action {
        next { $0.answered += 1 }
    }

    mutating func answersLast() {
        isClosing = true
    }

    private mutating func next(_ change: (inout RequestProgress) -> Void) -> Action {
        let before = ended
        change(&self)
        if ended == before { return .nothing }
        if isClosing { return .close }
        return ended == begun ? .stopTimer : .startTimer
    }
}
