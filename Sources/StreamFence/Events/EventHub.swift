import Logging
import NIOCore
import Synchronization

/// Brings what happens in a server to those who listen, off the paths that messages take.
///
/// 1. Where nobody listens an event costs one relaxed load, and is not even made.
/// 2. Each subscriber has a bounded buffer of its own. One that is slow, or hangs, loses its newest events, which are counted;
///    it holds up neither whoever emits nor another subscriber.
/// 3. What one thread emits stays in order: a client's events all come from its event loop.
/// 4. A listener is a subscriber too: a task takes its events out of the buffer and calls its methods.
final class EventHub: Sendable {
    private let logger: Logger
    private let subscriberCount = Atomic(0)
    private let state = Mutex(State())

    private struct State {
        var subscriptions: [EventSubscription] = []
        var listeners: [ListenerTask] = []
        var isFinished = false
    }

    init(logger: Logger) {
        self.logger = logger
    }

    deinit {
        for subscription in state.withLock({ $0.subscriptions }) { subscription.finish() }
    }

    /// Gives an event to every subscriber. May be called from any thread, and never waits for a subscriber.
    func emit(_ event: @autoclosure () -> ServerEvent) {
        guard subscriberCount.load(ordering: .relaxed) > 0 else { return }
        let event = event()
        for subscription in state.withLock({ $0.subscriptions }) { subscription.offer(event) }
    }

    // MARK: Subscribers

    /// The events from now on; already at its end if the hub is.
    ///
    /// - Parameters:
    ///   - limit: how many events may be buffered, at least 1.
    ///   - name: what the log calls the subscriber.
    func events(bufferingAtMost limit: Int, name: String = "events()") -> ServerEvents {
        let (stream, buffer) = AsyncStream.makeStream(
            of: ServerEvent.self,
            bufferingPolicy: .bufferingOldest(max(limit, 1))
        )
        let subscription = EventSubscription(name: name, buffer: buffer, logger: logger)
        buffer.onTermination = { [weak self, weak subscription] _ in
            if let subscription { self?.remove(subscription) }
        }
        if !add(subscription) { subscription.finish() }
        return ServerEvents(stream, subscription)
    }

    /// Calls a listener's methods with the events from now on.
    func add(_ listener: some ServerEventListener, bufferingAtMost limit: Int) {
        let events = events(bufferingAtMost: limit, name: "\(type(of: listener))")
        let task = ListenerTask(ListenerDriver(listener, events: events, logger: logger))
        state.withLock { $0.listeners.append(task) }
    }

    /// - Returns: false if there are no more events to come.
    private func add(_ subscription: EventSubscription) -> Bool {
        state.withLock { state in
            guard !state.isFinished else { return false }
            state.subscriptions.append(subscription)
            subscriberCount.store(state.subscriptions.count, ordering: .relaxed)
            return true
        }
    }

    private func remove(_ subscription: EventSubscription) {
        state.withLock { state in
            state.subscriptions.removeAll { $0 === subscription }
            subscriberCount.store(state.subscriptions.count, ordering: .relaxed)
        }
    }

    // MARK: The end

    /// Ends every sequence after what is buffered in it, and waits until the listeners have got theirs.
    ///
    /// - Parameters:
    ///   - time: how long to wait. A listener that takes longer is cancelled and loses the rest.
    ///   - eventLoop: whose clock counts the time.
    func finish(within time: Duration, on eventLoop: any EventLoop) async {
        let (subscriptions, listeners) = state.withLock { state in
            defer {
                state = State(isFinished: true)
                subscriberCount.store(0, ordering: .relaxed)
            }
            return (state.subscriptions, state.listeners)
        }
        for subscription in subscriptions { subscription.finish() }
        let ended = listeners.map { $0.ended(on: eventLoop) }
        guard await !eventLoop.waitForAll(ended, within: time) else { return }
        for listener in listeners where listener.cancel() {
            logger.warning(
                "stopped without a listener, which has not returned in time",
                metadata: ["listener": "\(listener.name)", "time": "\(time)"]
            )
        }
    }
}
