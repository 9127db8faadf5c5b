import Logging
import NIOCore
import Synchronization
import Testing

@testable import StreamFenceEngineIO

@Suite("Log lines a client can cause")
struct LogLimiterTests {
    @Test("At most so many a window, and the next window says how many were left out")
    func limit() {
        let time = Mutex(NIODeadline.uptimeNanoseconds(1))
        let lines = Lines()
        let logger = Logger(label: "test") { _ in lines }
        let limiter = LogLimiter(perWindow: 2, window: .seconds(10)) { time.withLock { $0 } }
        for _ in 0..<5 { limiter.log(logger, "refused", metadata: [:]) }
        #expect(lines.all == ["refused", "refused"])
        time.withLock { $0 = $0 + .seconds(10) }
        limiter.log(logger, "refused", metadata: [:])
        limiter.log(logger, "refused", metadata: [:])
        limiter.log(logger, "refused", metadata: [:])
        #expect(lines.all == ["refused", "refused", "refused suppressed=3", "refused"])
    }

    @Test("A flood of one kind does not drown another")
    func kinds() {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in lines }
        let limiter = LogLimiter(perWindow: 1, window: .seconds(10)) { NIODeadline.uptimeNanoseconds(1) }
        for _ in 0..<5 { limiter.log(logger, "refused", metadata: [:]) }
        limiter.log(logger, "lost", metadata: [:])
        #expect(lines.all == ["refused", "lost"])
    }
}

/// Keeps what is logged.
private final class Lines: LogHandler {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let suppressed = event.metadata?["suppressed"].map { " suppressed=\($0)" } ?? ""
        lines.withLock { $0.append("\(event.message)\(suppressed)") }
    }
}
