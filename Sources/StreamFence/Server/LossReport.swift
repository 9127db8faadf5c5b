import Logging
import NIOCore
import StreamFenceDelivery
import Synchronization

/// Tells the log what clients have lost, a line for each topic that lost anything in ten seconds: who runs a server sees it
/// without asking, and no message pays for it.
final class LossReport: Sendable {
    private let topics: [(namespace: String, topic: Topic)]
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        /// What each topic had lost when it was last looked at.
        var told: [[Int]] = []
        var task: RepeatedTask?
    }

    static let interval = TimeAmount.seconds(10)

    /// The outcomes of messages that a client was to have and did not get, while it was there.
    private static let losses: [(outcome: LaneCounters.Outcome, name: String)] = [
        (.dropped, "dropped"), (.rejected, "rejected"), (.expired, "expired"), (.retryExhausted, "retriesExhausted"),
    ]

    init(_ topics: [String: [Topic]], _ logger: Logger) {
        self.topics = topics.sorted { $0.key < $1.key }.flatMap { path, topics in topics.map { (path, $0) } }
        self.logger = logger
        state.withLock { $0.told = self.topics.map { _ in Self.losses.map { _ in 0 } } }
    }

    /// Reports every ten seconds from now on.
    func start(on eventLoop: any EventLoop) {
        let task = eventLoop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { _ in
            self.report()
        }
        state.withLock { $0.task = task }
    }

    /// Reports what has not been told yet, and no more after that.
    func stop() {
        state.withLock { state in
            state.task?.cancel()
            state.task = nil
        }
        report()
    }

    private func report() {
        for (index, (namespace, topic)) in topics.enumerated() {
            let counts = Self.losses.map { loss in topic.sum { $0[loss.outcome] } }
            let told = state.withLock { state in
                defer { state.told[index] = counts }
                return state.told[index]
            }
            guard counts != told else { continue }
            var metadata: Logger.Metadata = ["namespace": "\(namespace)", "topic": "\(topic.name)"]
            for (loss, (now, before)) in zip(Self.losses, zip(counts, told)) where now > before {
                metadata[loss.name] = "\(now - before)"
            }
            logger.notice("clients have lost messages", metadata: metadata)
        }
    }
}
