import NIOCore

/// What is left to be said to the client of a polling session that has ended: its next GETs are answered with it, in order.
///
/// Each has to come within two seconds of the end or of the one before, and all of them within ten: the session counts against no
/// limit any more.
struct OwedAnswers {
    private static let pause = TimeAmount.seconds(2)
    private static let longest = TimeAmount.seconds(10)

    private var answers: ArraySlice<EngineIOResponse>
    private let identity: PeerIdentity?
    private let end: NIODeadline
    /// When the next GET comes too late.
    private(set) var deadline: NIODeadline

    /// - Parameter answers: not none.
    init(_ answers: [EngineIOResponse], to identity: PeerIdentity?, at now: NIODeadline) {
        self.answers = answers[...]
        self.identity = identity
        end = now + Self.longest
        deadline = now + Self.pause
    }

    var isEmpty: Bool { answers.isEmpty }

    /// The next one; nil for somebody else, or too late.
    mutating func take(for identity: PeerIdentity?, at now: NIODeadline) -> EngineIOResponse? {
        guard self.identity == identity, now < deadline else { return nil }
        deadline = min(end, now + Self.pause)
        return answers.popFirst()
    }
}
