import DequeModule
import StreamFenceSocketIO

/// A client's requests that came while a token of its was being checked, in their order. Owned by the client's event loop.
struct HeldRequests {
    struct Request {
        let name: String
        let packet: SocketPacket
    }

    private var requests: Deque<Request> = []
    private var bytes = 0

    /// The most requests of a client that may wait.
    static let maxRequests = 256
    /// The most bytes of a client's requests that may wait, unless one alone is larger.
    static let maxBytes = 4 << 20

    /// - Throws: ``ErrorCode/queueOverflow`` if no further request may wait.
    mutating func append(_ request: Request) throws(RequestError) {
        guard requests.count < Self.maxRequests else {
            throw RequestError(.queueOverflow, "expected at most \(Self.maxRequests) requests waiting for a token")
        }
        let size = request.packet.heldBytes
        guard requests.isEmpty || bytes + size <= Self.maxBytes else {
            throw RequestError(.queueOverflow, "expected at most \(Self.maxBytes) bytes waiting for a token")
        }
        requests.append(request)
        bytes += size
    }

    mutating func popFirst() -> Request? {
        guard let request = requests.popFirst() else { return nil }
        bytes -= request.packet.heldBytes
        return request
    }
}
