/// The steps from a fresh connection to a joined namespace: HTTP upgrade, Engine.IO open, Socket.IO connect.
struct ClientHandshake {
    enum Step {
        case upgrading
        case opening
        case joining
        case joined
    }

    enum Action: Equatable {
        case send(String)
        case joined
        case fail(String)
    }

    static let request = """
        GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r
        Host: 127.0.0.1\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        Sec-WebSocket-Version: 13\r
        \r\n
        """

    private(set) var step = Step.upgrading
    private let namespace: String

    init(namespace: String) {
        self.namespace = namespace
    }

    /// The head of the response has arrived; nil if all is well.
    mutating func received(head: String) -> Action? {
        guard head.hasPrefix("HTTP/1.1 101 ") else {
            return .fail("expected the response 101 to a websocket upgrade, found: \(head.prefix(200))")
        }
        step = .opening
        return nil
    }

    /// A packet has arrived before the namespace was joined.
    mutating func received(packet: String) -> Action {
        switch step {
        case .opening where packet.hasPrefix("0"):
            step = .joining
            return .send("40\(namespace),")
        case .joining where packet.hasPrefix("40\(namespace)"):
            step = .joined
            return .joined
        default:
            return .fail("expected the packet after \(step), found: \(packet.prefix(200))")
        }
    }
}
