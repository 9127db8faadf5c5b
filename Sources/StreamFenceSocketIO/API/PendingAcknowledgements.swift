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

    /// A late or foreign id is nobody's.
    package mutating func complete(_ id: UInt64, with payload: SocketPayload) {
        waiting.removeValue(forKey: id)?.succeed(payload)
    }

    package mutating func expire(_ id: UInt64) {
        waiting.removeValue(forKey: id)?.fail(AcknowledgementError.timedOut)
    }

    package mutating func failAll() {
        let promises = waiting.values
        waiting = [:]
        for promise in promises { promise.fail(AcknowledgementError.disconnected) }
    }
}

/// Why an acknowledgement did not come.
public enum AcknowledgementError: Error, Sendable, CustomStringConvertible {
    case timedOut
    case disconnected

    public var description: String {
        switch self {
        case .timedOut: return "expected an acknowledgement in time, found none"
        case .disconnected: return "expected an acknowledgement, found the connection closed"
        }
    }
}
