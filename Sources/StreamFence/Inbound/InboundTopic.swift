import Synchronization

/// A topic's inbound side: its handler, and what has arrived.
final class InboundTopic: Sendable {
    private let handlerIfSet = Mutex<InboundMessageHandler?>(nil)
    /// What clients have published, accepted or not.
    let received = MessageCounter()

    var handler: InboundMessageHandler? {
        get { handlerIfSet.withLock { $0 } }
        set { handlerIfSet.withLock { $0 = newValue } }
    }
}
