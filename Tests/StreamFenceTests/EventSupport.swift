import Logging
import NIOCore
import StreamFenceTestClient
import Synchronization

@testable import StreamFence

/// Keeps what it is told.
final class Recorder: ServerEventListener {
    private let recorded = Mutex<[ServerEvent]>([])

    var events: [ServerEvent] { recorded.withLock { $0 } }

    private func note(_ event: ServerEvent) {
        recorded.withLock { $0.append(event) }
    }

    func onServerStarting(_ event: ServerStartingEvent) { note(.serverStarting(event)) }
    func onServerStarted(_ event: ServerStartedEvent) { note(.serverStarted(event)) }
    func onServerStopping(_ event: ServerStoppingEvent) { note(.serverStopping(event)) }
    func onServerStopped(_ event: ServerStoppedEvent) { note(.serverStopped(event)) }
    func onClientConnected(_ event: ClientConnectedEvent) { note(.clientConnected(event)) }
    func onClientDisconnected(_ event: ClientDisconnectedEvent) { note(.clientDisconnected(event)) }
    func onSubscribed(_ event: SubscribedEvent) { note(.subscribed(event)) }
    func onUnsubscribed(_ event: UnsubscribedEvent) { note(.unsubscribed(event)) }
    func onPublishAccepted(_ event: PublishAcceptedEvent) { note(.publishAccepted(event)) }
    func onPublishRejected(_ event: PublishRejectedEvent) { note(.publishRejected(event)) }
    func onQueueOverflow(_ event: QueueOverflowEvent) { note(.queueOverflow(event)) }
    func onAuthRejected(_ event: AuthRejectedEvent) { note(.authRejected(event)) }
    func onRetry(_ event: RetryEvent) { note(.retry(event)) }
    func onRetryExhausted(_ event: RetryExhaustedEvent) { note(.retryExhausted(event)) }
}

/// Returns from nothing it is told about clients until it is let go, not even when it is cancelled.
struct Hanging: ServerEventListener {
    let gate = Gate()
    let entered = Journal()

    func onClientConnected(_ event: ClientConnectedEvent) async throws {
        entered.note(event.clientID)
        try await gate.passed()
    }
}

/// Fails over every subscription.
struct Failing: ServerEventListener {
    struct Failure: Error {}
    let others = Recorder()

    func onSubscribed(_ event: SubscribedEvent) throws { throw Failure() }
    func onUnsubscribed(_ event: UnsubscribedEvent) { others.onUnsubscribed(event) }
}

extension ServerEvent {
    static func connected(_ id: String) -> ServerEvent {
        .clientConnected(
            ClientConnectedEvent(namespace: "/feed", clientID: id, transport: .webSocket, principal: nil)
        )
    }

    static func disconnected(_ id: String, _ reason: String) -> ServerEvent {
        .clientDisconnected(ClientDisconnectedEvent(namespace: "/feed", clientID: id, reason: reason))
    }

    static func subscribed(_ id: String, _ topic: String = "snapshot") -> ServerEvent {
        .subscribed(SubscribedEvent(namespace: "/feed", clientID: id, topic: topic))
    }

    static func unsubscribed(_ id: String, _ topic: String = "snapshot") -> ServerEvent {
        .unsubscribed(UnsubscribedEvent(namespace: "/feed", clientID: id, topic: topic))
    }

    static func accepted(_ id: String, _ topic: String = "snapshot") -> ServerEvent {
        .publishAccepted(PublishAcceptedEvent(namespace: "/feed", clientID: id, topic: topic))
    }

    static func rejected(_ id: String, _ topic: String?, _ code: ErrorCode, _ reason: String) -> ServerEvent {
        .publishRejected(
            PublishRejectedEvent(namespace: "/feed", clientID: id, topic: topic, reasonCode: code, reason: reason)
        )
    }

    /// What a server on 127.0.0.1 tells at its start, and at its end.
    static func starting(_ port: Int) -> ServerEvent {
        .serverStarting(ServerStartingEvent(server: "default", host: "127.0.0.1", port: port))
    }
    static func started(_ port: Int) -> ServerEvent {
        .serverStarted(ServerStartedEvent(server: "default", host: "127.0.0.1", port: port))
    }
    static func stopping(_ port: Int) -> ServerEvent {
        .serverStopping(ServerStoppingEvent(server: "default", host: "127.0.0.1", port: port))
    }
    static func stopped(_ port: Int) -> ServerEvent {
        .serverStopped(ServerStoppedEvent(server: "default", host: "127.0.0.1", port: port))
    }
}

extension ServerEvents {
    /// Everything up to the end.
    func all() async -> [ServerEvent] {
        var events: [ServerEvent] = []
        for await event in self { events.append(event) }
        return events
    }

    /// Passes when the next event for which `isWanted` holds has come, and hands it out.
    func next(_ isWanted: (ServerEvent) -> Bool) async -> ServerEvent? {
        for await event in self where isWanted(event) { return event }
        return nil
    }
}

/// Keeps what is logged at level warning.
final class Warnings: LogHandler {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in self } }

    func log(event: LogEvent) {
        guard event.level == .warning else { return }
        let metadata = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
        lines.withLock { $0.append("\(event.message)\(metadata.joined())") }
    }
}

extension Warnings {
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
}
