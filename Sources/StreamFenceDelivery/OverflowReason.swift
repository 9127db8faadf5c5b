import StreamFencePluginKit

/// Why a message found no room, or could not be kept where it was put: the closed list that `queue_overflow_total` counts
/// by. A message counts once when its lane has no room for it, and once more should its spill store lose it.
package enum OverflowReason: String, Sendable, CaseIterable {
    /// The lane holds `maxQueuedMessagesPerClient` messages, or earlier ones wait in its spill store.
    case queueFull = "queue_full"
    /// The client's lanes hold `maxQueuedBytesPerClient` bytes.
    case queueBytes = "queue_bytes"
    /// The server's lanes hold `maxQueuedBytes` bytes, or so many that this client may hold no more of them.
    case serverMemory = "server_memory"
    /// The message alone is larger than `maxQueuedBytesPerClient`.
    case messageTooLarge = "message_too_large"
    /// `maxSpillPendingBytes` wait to be written to spill stores.
    case spillPending = "spill_pending"
    /// The client has spilled `maxSpillBytesPerClient` bytes.
    case spillClientQuota = "spill_client_quota"
    /// The server has spilled `maxSpillBytes` bytes.
    case spillQuota = "spill_quota"
    /// The spill store could not keep the message.
    case spillFailed = "spill_failed"
    /// The spill store did not give the message back as it was.
    case spillDamaged = "spill_damaged"
    /// The policy's decision makes no room, or may not be carried out in this namespace.
    case decisionInvalid = "decision_invalid"

    /// Where the reason stands among all, from 0.
    var number: Int {
        switch self {
        case .queueFull: return 0
        case .queueBytes: return 1
        case .serverMemory: return 2
        case .messageTooLarge: return 3
        case .spillPending: return 4
        case .spillClientQuota: return 5
        case .spillQuota: return 6
        case .spillFailed: return 7
        case .spillDamaged: return 8
        case .decisionInvalid: return 9
        }
    }

    init(_ cause: OverflowCause) {
        switch cause {
        case .messages: self = .queueFull
        case .bytes: self = .queueBytes
        case .memory: self = .serverMemory
        }
    }
}
