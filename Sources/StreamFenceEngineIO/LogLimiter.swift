import Logging
import NIOCore
import Synchronization

/// Lets a bounded number of log lines through per window, so that a hostile client cannot fill the log.
package final class LogLimiter: Sendable {
    private let perWindow: Int
    private let window: TimeAmount
    private let now: @Sendable () -> NIODeadline
    private let state = Mutex(State())

    private struct State {
        var windowEnd = NIODeadline.uptimeNanoseconds(0)
        var logged = 0
        var suppressed = 0
    }

    package init(
        perWindow: Int,
        window: TimeAmount,
        now: @escaping @Sendable () -> NIODeadline = { NIODeadline.now() }
    ) {
        self.perWindow = perWindow
        self.window = window
        self.now = now
    }

    /// Logs at level notice, or counts the line as suppressed; the count goes with the next window's first line.
    package func log(_ logger: Logger, _ message: Logger.Message, metadata: @autoclosure () -> Logger.Metadata) {
        let suppressed = state.withLock { state -> Int? in
            let time = now()
            if time >= state.windowEnd {
                defer { state = State(windowEnd: time + window, logged: 1) }
                return state.suppressed
            }
            guard state.logged < perWindow else {
                state.suppressed += 1
                return nil
            }
            state.logged += 1
            return 0
        }
        guard let suppressed else { return }
        var metadata = metadata()
        if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        logger.notice(message, metadata: metadata)
    }
}
