import NIOEmbedded
import StreamFenceBuiltin
import StreamFencePluginKit
import Synchronization

@testable import StreamFenceDelivery

/// A server's spill store with all that belongs to it, spoken to in the words of the domain.
final class Disk {
    let store = MemorySpillStore()
    let executor = ManualExecutor()
    let budget: SpillBudget
    let service: SpillService
    private let reports: Reports

    /// What was reported to have gone wrong.
    private final class Reports: Sendable {
        let texts = Mutex<[String]>([])
    }

    /// The limits are in bytes.
    init(stored: Int = 100_000, pending: Int = 100_000, perClient: Int = 100_000) {
        let reports = Reports()
        self.reports = reports
        budget = SpillBudget(maxStored: stored, maxPending: pending)
        service = SpillService(
            store: store,
            executor: executor,
            codec: TextCodec(),
            budget: budget,
            maxBytesPerClient: perClient,
            reportFault: { fault, _ in reports.texts.withLock { $0.append(Self.text(of: fault)) } }
        )
    }

    var faults: [String] { reports.texts.withLock { $0 } }

    private static func text(of fault: SpillFault) -> String {
        switch fault {
        case .append(let messages, _): "append \(messages)"
        case .read(let willRetry, _): willRetry ? "read" : "read, for the last time"
        case .lost(let messages): "lost \(messages)"
        case .remove: "remove"
        }
    }

    /// A client that spills, subscribed to `a`, whose transport is full.
    func client(
        messages: Int = 2,
        bytes: Int = 1000,
        sharing loop: DeliveryLoop? = nil,
        _ options: Subscriber.Options = Subscriber.Options()
    ) -> Subscriber {
        var options = options
        options.spill = service
        let client = Subscriber(messages: messages, bytes: bytes, policy: SpillToDisk(), sharing: loop, options)
        client.subscribe("a")
        return client
    }

    /// One call to the store is made, and the client hears of it.
    func worksOnce(for client: Subscriber) {
        guard executor.count > 0 else { return }
        executor.run()
        client.loop.run()
    }

    /// The store does all it is asked to.
    func works(for client: Subscriber) {
        while executor.count > 0 { worksOnce(for: client) }
    }

    /// Whether nothing is there, on the way there, or to be done there.
    var isIdle: Bool {
        var isIdle = false
        service.whenIdle(on: EmbeddedEventLoop()).assumeIsolated().whenSuccess { isIdle = true }
        return isIdle && budget.stored == 0 && budget.pending == 0 && store.texts.isEmpty && executor.count == 0
    }
}
