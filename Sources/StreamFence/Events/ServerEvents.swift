/// What happens in a server, one event after the other; made by ``StreamFenceServer/events(bufferingAtMost:)``.
///
/// Events are buffered from the moment it is made. Those that find the buffer full are lost to this sequence and counted in
/// ``missed``. It ends after the server's last event, and when the task that iterates it is cancelled. To be iterated once:
/// a second iteration at the same time takes events away from the first.
public struct ServerEvents: AsyncSequence, Sendable {
    private let stream: AsyncStream<ServerEvent>
    private let subscription: EventSubscription

    init(_ stream: AsyncStream<ServerEvent>, _ subscription: EventSubscription) {
        self.stream = stream
        self.subscription = subscription
    }

    /// How many events were lost so far because the buffer was full.
    public var missed: Int { subscription.missed }

    /// Starts to take events out of the buffer.
    public func makeAsyncIterator() -> Iterator {
        Iterator(events: stream.makeAsyncIterator())
    }

    /// Takes events out of the buffer.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate var events: AsyncStream<ServerEvent>.Iterator

        /// The next event; nil after the last one.
        public mutating func next() async -> ServerEvent? {
            await events.next()
        }

        /// The next event; nil after the last one.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> ServerEvent? {
            await events.next(isolation: actor)
        }
    }
}
