import NIOCore
import Synchronization

/// An attempt to connect, as the deadline and a cancellation see it: they close what it has opened.
///
/// Closing a channel fails whatever step the attempt has reached, so no step has to watch a clock of its own.
final class ConnectAttempt: Sendable {
    /// Why the attempt was given up from outside.
    enum Cause {
        case timedOut(TimeAmount)
        case cancelled
    }

    private struct State {
        var cause: Cause?
        /// More than one where a name stands for several addresses.
        var channels: [any Channel] = []
    }

    private let state = Mutex(State())

    var cause: Cause? { state.withLock { $0.cause } }

    /// Notes a channel the attempt has opened.
    func add(_ channel: any Channel) {
        let isAborted = state.withLock { state in
            state.channels.append(channel)
            return state.cause != nil
        }
        if isAborted { channel.close(promise: nil) }
    }

    /// Gives the attempt up; the first cause counts.
    func abort(_ cause: Cause) {
        state.withLock { state in
            if state.cause == nil { state.cause = cause }
        }
        close()
    }

    /// Closes what was opened.
    func close() {
        for channel in state.withLock({ $0.channels }) { channel.close(promise: nil) }
    }
}
