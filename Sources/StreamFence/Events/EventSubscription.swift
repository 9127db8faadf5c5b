import Logging
import NIOCore
import StreamFenceEngineIO
import Synchronization

/// The hub's end of one subscriber's buffer.
final class EventSubscription: Sendable {
    private let name: String
    private let buffer: AsyncStream<ServerEvent>.Continuation
    private let logger: Logger
    private let missedCount = Atomic(0)
    /// Each subscriber has its own, so that one that loses events does not keep the losses of another out of the log.
    private let losses = LogLimiter(perWindow: 1, window: .seconds(10))

    /// - Parameter name: what the log calls the subscriber.
    init(name: String, buffer: AsyncStream<ServerEvent>.Continuation, logger: Logger) {
        self.name = name
        self.buffer = buffer
        self.logger = logger
    }

    /// How many events found the buffer full.
    var missed: Int { missedCount.load(ordering: .relaxed) }

    /// Buffers an event, or counts it as missed.
    func offer(_ event: ServerEvent) {
        guard case .dropped = buffer.yield(event) else { return }
        let missed = missedCount.wrappingAdd(1, ordering: .relaxed).newValue
        losses.log(
            logger,
            level: .warning,
            "a subscriber takes its events too slowly and loses some",
            metadata: ["subscriber": "\(name)", "missed": "\(missed)"]
        )
    }

    /// No event follows; those buffered can still be taken.
    func finish() {
        buffer.finish()
    }
}
