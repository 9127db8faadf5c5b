import Synchronization

/// How many clients have joined and left a namespace.
final class NamespaceCounters: Sendable {
    private let connectionCount = Atomic(0)
    private let disconnectionCount = Atomic(0)

    /// `connections_total`.
    var connections: Int { connectionCount.load(ordering: .relaxed) }
    /// `disconnections_total`.
    var disconnections: Int { disconnectionCount.load(ordering: .relaxed) }

    func countConnection() {
        connectionCount.wrappingAdd(1, ordering: .relaxed)
    }

    func countDisconnection() {
        disconnectionCount.wrappingAdd(1, ordering: .relaxed)
    }
}

/// Messages and the bytes of their payloads, attachments included. Counted on any thread.
final class MessageCounter: Sendable {
    private let messageCount = Atomic(0)
    private let byteCount = Atomic(0)

    var messages: Int { messageCount.load(ordering: .relaxed) }
    var bytes: Int { byteCount.load(ordering: .relaxed) }

    func count(bytes: Int) {
        messageCount.wrappingAdd(1, ordering: .relaxed)
        byteCount.wrappingAdd(bytes, ordering: .relaxed)
    }
}
