import NIOCore
import Testing

@testable import bench

@Suite("Acknowledgements")
struct AcknowledgementTests {
    private let format = MessageFormat(address: .alerts, payloadBytes: 100)

    /// The text of the frame that acknowledges a packet; nil if there is none.
    private func answer(_ packet: String, _ style: AckStyle) throws -> String? {
        let writer = AcknowledgementWriter(style: style, address: .alerts)
        var frames = ByteBuffer()
        let isWritten = try Array(packet.utf8).withUnsafeBytes {
            writer.write($0, try #require(format.stamp(of: $0)), into: &frames)
        }
        guard isWritten else { return nil }
        let header = frames.readBytes(length: 6) ?? []
        #expect(header == [0x81, 0x80 | UInt8(frames.readableBytes), 0, 0, 0, 0])
        return String(buffer: frames)
    }

    private func message(_ metadata: String, id: String = "") -> String {
        "42/alerts,\(id)[\"alerts\",{\"seq\":7,\"ts\":1,\"pad\":\"\"}\(metadata)]"
    }

    @Test(
        "The event says which message, wherever its id stands in the metadata",
        arguments: [
            ",{\"namespace\":\"/alerts\",\"topic\":\"alerts\",\"messageId\":\"a-1\",\"ackRequired\":true}",
            ",{\"messageId\":\"a-1\"}", ",{\"ackRequired\":true,\"messageId\":\"a-1\",\"topic\":\"alerts\"}",
        ]
    )
    func event(metadata: String) throws {
        let expected = "42/alerts,[\"ack\",{\"topic\":\"alerts\",\"messageId\":\"a-1\"}]"
        #expect(try answer(message(metadata), .event) == expected)
    }

    @Test(
        "A message without an id that can be told is not acknowledged",
        arguments: [
            "", ",{\"messageId\":\"\"}", ",{\"messageId\":\"a", ",{\"messageId\":\"a\\u0062\"}", ",{\"messageId\":7}",
        ]
    )
    func noID(metadata: String) throws {
        #expect(try answer(message(metadata), .event) == nil)
    }

    @Test("By Socket.IO it is the id before the event that is answered")
    func socketIO() throws {
        #expect(try answer(message(",{\"messageId\":\"a\"}", id: "2147483647"), .socketio) == "43/alerts,2147483647[]")
        #expect(try answer(message(",{\"messageId\":\"a\"}"), .socketio) == nil)
    }

    @Test("What a publisher is answered tells what was accepted and what was refused")
    func receipts() {
        func read(_ packet: String) -> (Int?, String?) {
            Array(packet.utf8).withUnsafeBytes { (format.receipt(in: $0), format.refusal(in: $0)) }
        }
        let refused = "43/alerts,12[{\"ok\":false,\"code\":\"QUEUE_OVERFLOW\"}]"
        let error = "42/alerts,[\"error\",{\"code\":\"UNKNOWN_TOPIC\"}]"
        #expect(read("43/alerts,12[{\"ok\":true,\"messageId\":\"a\"}]") == (12, nil))
        #expect(read(refused) == (nil, refused))
        #expect(read(error) == (nil, error))
        #expect(read("42/alerts,[\"subscribed\",{\"topic\":\"alerts\"}]") == (nil, nil))
        #expect(read("") == (nil, nil))
    }

    @Test("A publish carries its key and the id to be answered under")
    func publish() {
        let packet = String(buffer: format.publish(3, at: 4, key: 5, receipt: 6))
        #expect(
            packet.hasPrefix(
                "42/alerts,6[\"publish\",{\"topic\":\"alerts\",\"payload\":{\"seq\":3,\"ts\":4,\"pad\":\"x"
            )
        )
        #expect(packet.hasSuffix("x\"},\"key\":\"5\"}]"))
    }
}
