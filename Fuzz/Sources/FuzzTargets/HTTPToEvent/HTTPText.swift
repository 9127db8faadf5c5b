/// Requests as clients write them.
enum HTTPText {
    static let path = "/socket.io/?EIO=4&transport="

    static func get(_ target: String) -> String {
        "GET \(target) HTTP/1.1\r\nhost: server.test\r\n\r\n"
    }

    static func post(_ target: String, length: Int) -> String {
        "POST \(target) HTTP/1.1\r\nhost: server.test\r\ncontent-length: \(length)\r\n\r\n"
    }

    static func upgrade(_ target: String) -> String {
        """
        GET \(target) HTTP/1.1\r
        host: server.test\r
        connection: Upgrade\r
        upgrade: websocket\r
        sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r
        sec-websocket-version: 13\r
        \r

        """
    }
}

/// Frames as clients write them.
enum FrameText {
    private static let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

    static func frame(_ packet: ClientPacket) -> [UInt8] {
        switch packet {
        case .text(let text): frame(0x81, text)
        case .binary(let bytes): frame(0x82, bytes)
        }
    }

    /// - Parameter first: the frame's first byte.
    static func frame(_ first: UInt8, _ content: [UInt8]) -> [UInt8] {
        let length = content.count
        let header: [UInt8] =
            length < 126
            ? [first, 0x80 | UInt8(length)]
            : length < 65_536
                ? [first, 0x80 | 126, UInt8(length >> 8), UInt8(length & 0xFF)]
                : [first, 0x80 | 127] + (0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - $0 * 8)) }
        return header + mask + content.enumerated().map { $1 ^ mask[$0 % 4] }
    }
}
