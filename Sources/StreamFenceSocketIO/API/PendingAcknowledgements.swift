import NIOCore

/// The acknowledgements a socket waits for, on either side of a connection.
package struct PendingAcknowledgements {
    private var waiting: [UInt64: EventLoopPromise<SocketPayload>] = [:]
    private var nextID: UInt64 = 0

    package init() {}

    package mutating func add(_ promise: EventLoopPromise<SocketPayload>) -> UInt64 {
        defer { nextID &+= 1 }
        waiting[nextID] = promise
        return nextID
    }

    /// No longer waits for `id`; nil if nobody does: a late or foreign id is nobody's.
    ///
    /// - Returns: to be completed by the caller, outside of this value: whoever waits may ask for the next one at once.
    package mutating func take(_ id: UInt64) -> EventLoopPromise<SocketPayload>? {
        waiting.removeValue(forKey: id)
    }

    /// No longer waits for any.
    package mutating func takeAll() -> [EventLoopPromise<SocketPayload>] {
        defer { waiting = [:] }
        return Array(waiting.values)
    }
}

/// Why an acknowledgement did not come.
public enum AcknowledgementError: Error, Sendable, CustomStringConvertible {
    /// None came in time. One that comes later is ignored.
    case timedOut
    /// The other side was gone, or went before it answered.
    case disconnected

    /// What was expected and what was found.
    public var description: String {
        switch self {
        case .timedOut: return "expected an acknowledgement in time, found none"
        case .disconnected: return "expected an acknowledgement, found the connection closed"
        }
    }
}
