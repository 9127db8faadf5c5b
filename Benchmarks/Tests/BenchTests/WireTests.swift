import NIOCore
import Testing

@testable import bench

@Suite("Frames and messages")
struct WireTests {
    private func frame(_ bytes: [UInt8], from start: Int = 0) throws -> ServerFrame? {
        try bytes.withUnsafeBytes { try ServerFrame.find(in: $0, from: start) }
    }

    @Test("A frame is found once its last byte is there", arguments: [0, 1, 125, 126, 65_535, 65_536])
    func lengths(payload: Int) throws {
        let header: [UInt8] =
            switch payload {
            case ..<126: [0x81, UInt8(payload)]
            case ...65_535: [0x81, 126, UInt8(payload >> 8), UInt8(payload & 0xFF)]
            default:
                [0x81, 127, 0, 0, 0, 0, 0, UInt8(payload >> 16), UInt8(payload >> 8 & 0xFF), UInt8(payload & 0xFF)]
            }
        let whole = header + Array(repeating: UInt8(ascii: "x"), count: payload)
        #expect(try frame(whole)?.payload == header.count..<whole.count)
        #expect(try frame(Array(whole.dropLast())) == nil)
        #expect(try frame([0xFF] + whole, from: 1)?.payload == (header.count + 1)..<(whole.count + 1))
        for cut in 0..<header.count { #expect(try frame(Array(header.prefix(cut))) == nil) }
    }

    @Test(
        "What no server sends that was asked for no extension is refused",
        arguments: [[0x01, 0], [0xC1, 0], [0x81, 0x80], [0x83, 0], [0x82, 127, 0xFF, 0, 0, 0, 0, 0, 0, 0]] as [[UInt8]]
    )
    func refused(bytes: [UInt8]) {
        #expect(throws: BenchmarkError.self) { try frame(bytes) }
    }

    @Test("A published payload has the size asked for", arguments: [MessageFormat.smallestPayload, 100, 4096])
    func size(bytes: Int) throws {
        let format = MessageFormat(address: .snapshot, payloadBytes: bytes)
        for (sequence, time) in [(0, UInt64(1)), (4_000_000_000, UInt64.max / 2)] {
            let text = String(buffer: format.publish(sequence, at: time))
            let key = "\"payload\":"
            let start = try #require(text.firstRange(of: key)?.upperBound)
            let payload = text[start...].dropLast(2)
            #expect(payload.utf8.count == bytes)
            #expect(payload.hasPrefix("{\"seq\":\(sequence),\"ts\":\(time),\"pad\":\"x"))
        }
    }

    private func stamp(_ packet: String) -> MessageFormat.Stamp? {
        let format = MessageFormat(address: .snapshot, payloadBytes: 100)
        return Array(packet.utf8).withUnsafeBytes { format.stamp(of: $0) }
    }

    @Test("A delivered message tells its number and when it was published")
    func delivered() {
        #expect(
            stamp("42/feed,[\"snapshot\",{\"seq\":42,\"ts\":123456789012345,\"pad\":\"xx\"}]")
                == .init(sequence: 42, published: 123_456_789_012_345)
        )
    }

    @Test(
        "Anything else is no message",
        arguments: [
            "", "4", "42/feed,[\"subscribed\",{\"topic\":\"snapshot\"}]", "42/feed,[\"snapshot\",{\"seq\":",
            "42/feed,[\"snapshot\",{\"seq\":-1,\"ts\":1}]", "42/feed,[\"snapshot\",{\"seq\":1,\"pad\":1}]",
            "42/feed,[\"snapshot\",{\"seq\":99999999999999999999,\"ts\":1}]",
            "42/other,[\"snapshot\",{\"seq\":1,\"ts\":1}]",
        ]
    )
    func noMessage(packet: String) {
        #expect(stamp(packet) == nil)
    }

    @Test("Joining goes step by step")
    func handshake() {
        var handshake = ClientHandshake(namespace: "/feed")
        #expect(handshake.received(head: "HTTP/1.1 101 Switching Protocols\r\n\r\n") == nil)
        #expect(handshake.received(packet: "0{\"sid\":\"a\"}") == .send("40/feed,"))
        #expect(handshake.received(packet: "40/feed,{\"sid\":\"b\"}") == .joined)
    }

    @Test("A refused upgrade and a refused namespace are told with what the server said")
    func refusals() {
        var refused = ClientHandshake(namespace: "/feed")
        #expect(
            refused.received(head: "HTTP/1.1 404 Not Found\r\n")
                == .fail("expected the response 101 to a websocket upgrade, found: HTTP/1.1 404 Not Found\r\n")
        )
        var namespace = ClientHandshake(namespace: "/feed")
        _ = namespace.received(head: "HTTP/1.1 101 Switching Protocols\r\n")
        _ = namespace.received(packet: "0{}")
        #expect(
            namespace.received(packet: "44/feed,{\"message\":\"no\"}")
                == .fail("expected the packet after joining, found: 44/feed,{\"message\":\"no\"}")
        )
    }
}
