import Logging
import NIOCore
import Synchronization

/// Lets a bounded number of lines of each message through per window, so that a hostile client can neither fill the log nor
/// drown other messages.
package final class LogLimiter: Sendable {
    private let perWindow: Int
    private let window: TimeAmount
    private let now: @Sendable () -> NIODeadline
    /// By message: those are literals in the code, so there are few.
    private let states = Mutex<[String: State]>([:])

    private struct State {
        var windowEnd = NIODeadline.uptimeNanoseconds(0)
        var logged = 0
        var suppressed = 0

        /// How many lines were suppressed before this one, which may be logged; nil if it may not.
        mutating func admit(_ time: NIODeadline, _ perWindow: Int, _ window: TimeAmount) -> Int? {
            if time >= windowEnd {
                defer { self = State(windowEnd: time + window, logged: 1) }
                return suppressed
            }
            guard logged < perWindow else {
                suppressed += 1
                return nil
            }
            logged += 1
            return 0
        }
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

    /// Logs, or counts the line as suppressed; the count goes with the next window's first line. Names the caller's module.
    package func log(
        _ logger: Logger,
        level: Logger.Level = .notice,
        _ message: Logger.Message,
        metadata: @autoclosure () -> Logger.Metadata,
        file: String = #fileID,
        function: String = #function,
        line: UInt = #line
    ) {
        let time = now()
        let suppressed = states.withLock { $0[message.description, default: State()].admit(time, perWindow, window) }
        guard let suppressed else { return }
        var metadata = metadata()
        if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        logger.log(level: level, message, metadata: metadata, file: file, function: function, line: line)
    }
}
