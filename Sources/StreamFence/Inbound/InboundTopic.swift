import Synchronization

/// A topic's inbound side: its handler, and what has arrived.
final class InboundTopic: Sendable {
    private let handlerIfSet = Mutex<InboundMessageHandler?>(nil)
    private let messages = Atomic(0)
    private let bytes = Atomic(0)

    var handler: InboundMessageHandler? {
        get { handlerIfSet.withLock { $0 } }
        set { handlerIfSet.withLock { $0 = newValue } }
    }

    func countReceived(bytes count: Int) {
        messages.wrappingAdd(1, ordering: .relaxed)
        bytes.wrappingAdd(count, ordering: .relaxed)
    }

    /// How many messages clients have published, and their payload bytes.
    var received: (messages: Int, bytes: Int) {
        (messages.load(ordering: .relaxed), bytes.load(ordering: .relaxed))
    }
}
