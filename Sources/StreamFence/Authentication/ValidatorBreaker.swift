import NIOCore
import Synchronization

/// Spares clients the wait for a validator that has ceased to answer: a circuit breaker.
///
/// It opens when ``threshold`` validations in a row have timed out, or were given up by their clients after ``patience``. From
/// then on tokens are refused at once, but for one in each ``pause``, by which it is found out whether the validator answers
/// again. Any answer closes it, a refusal and an error too. May be used from any thread.
final class ValidatorBreaker: Sendable {
    /// Few enough that a dead validator is soon known for one, and so many that a busy server does not take a few slow
    /// answers for it.
    static let threshold = 10
    /// How long after an attempt the next one is made.
    static let pause = TimeAmount.seconds(5)
    /// How long a client has to have waited, before its leaving says something of the validator.
    static let patience = TimeAmount.seconds(1)

    /// What a validation that has ended tells.
    enum Change: Equatable {
        case opened, closed
    }

    private struct State {
        var unansweredInARow = 0
        /// When the next token is let through; nil while all are.
        var nextAttempt: NIODeadline?
    }

    private let now: @Sendable () -> NIODeadline
    private let state = Mutex(State())

    /// - Parameter now: a clock that only goes forward.
    init(now: @escaping @Sendable () -> NIODeadline = { NIODeadline.now() }) {
        self.now = now
    }

    /// Whether the validator is asked about a token.
    func admits() -> Bool {
        let time = now()
        return state.withLock { state in
            guard let nextAttempt = state.nextAttempt else { return true }
            guard time >= nextAttempt else { return false }
            state.nextAttempt = time + Self.pause
            return true
        }
    }

    /// The validator has answered.
    func answered() -> Change? {
        state.withLock { state in
            defer { state = State() }
            return state.nextAttempt == nil ? nil : .closed
        }
    }

    /// The client has left before the validator answered.
    ///
    /// - Parameter time: how long it had waited.
    func abandoned(after time: TimeAmount) -> Change? {
        time >= Self.patience ? timedOut() : nil
    }

    /// The validator has not answered in time.
    func timedOut() -> Change? {
        let time = now()
        return state.withLock { state in
            state.unansweredInARow += 1
            guard state.nextAttempt == nil, state.unansweredInARow >= Self.threshold else { return nil }
            state.nextAttempt = time + Self.pause
            return .opened
        }
    }
}
