import Logging
import NIOCore
import StreamFenceEngineIO
import Synchronization

/// Calls one listener's methods, one event after the other.
final class ListenerDriver<Listener: ServerEventListener>: Sendable {
    private let listener: Listener
    private let events: ServerEvents
    private let logger: Logger
    private let failures = LogLimiter(perWindow: 10, window: .seconds(10))

    init(_ listener: Listener, events: ServerEvents, logger: Logger) {
        self.listener = listener
        self.events = events
        self.logger = logger
    }

    /// Returns after the last event, or when the task is cancelled and the method that is being called returns.
    func run() async {
        for await event in events {
            // The stream still hands out what is buffered when it is cancelled.
            if Task.isCancelled { return }
            do {
                try await event.deliver(to: listener)
            } catch {
                failures.log(
                    logger,
                    level: .warning,
                    "a listener failed",
                    metadata: [
                        "listener": "\(Listener.self)", "callback": "\(event.callback)", "error": "\(error)",
                    ]
                )
            }
        }
    }
}

/// The task that calls a listener.
final class ListenerTask: Sendable {
    let name: String
    private let task: Task<Void, Never>
    private let hasEnded: Flag

    /// A task can't say by itself whether it has ended.
    private final class Flag: Sendable {
        let isSet = Atomic(false)
    }

    init<Listener: ServerEventListener>(_ driver: ListenerDriver<Listener>) {
        let hasEnded = Flag()
        name = "\(Listener.self)"
        self.hasEnded = hasEnded
        task = Task {
            await driver.run()
            hasEnded.isSet.store(true, ordering: .releasing)
        }
    }

    /// Succeeds when the listener has got its last event.
    func ended(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        eventLoop.makeFutureWithTask { [task] in await task.value }
    }

    /// - Returns: false if the listener has got its last event already.
    func cancel() -> Bool {
        guard !hasEnded.isSet.load(ordering: .acquiring) else { return false }
        task.cancel()
        return true
    }
}
