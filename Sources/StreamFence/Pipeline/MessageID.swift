import StreamFenceEngineIO
import Synchronization

/// Names one message, uniquely across restarts and servers.
public struct MessageID: Sendable, Hashable, CustomStringConvertible {
    private let origin: String
    private let number: UInt64

    /// Such as `hH3kQ0x_T1-17`.
    public var description: String { "\(origin)-\(number)" }

    /// Hands out the ids of one server.
    final class Source: Sendable {
        /// 60 random bits: what tells this run of this server from all others.
        private let origin = String(EngineIOServer.newSessionID().prefix(10))
        private let last = Atomic<UInt64>(0)

        func next() -> MessageID {
            MessageID(origin: origin, number: last.wrappingAdd(1, ordering: .relaxed).newValue)
        }
    }
}
