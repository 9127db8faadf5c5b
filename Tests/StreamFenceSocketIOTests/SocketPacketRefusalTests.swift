import NIOCore
import StreamFenceSocketIO
import Testing

@Suite("A packet that breaks the protocol is refused, and the refusal says why")
struct SocketPacketRefusalTests {
    @Test(
        "by text",
        arguments: [
            ("", "unknown packet type at byte 0: expected a digit from 0 to 6, found the end"),
            ("abc", "unknown packet type at byte 0: expected a digit from 0 to 6, found \"a\""),
            ("7", "unknown packet type at byte 0: expected a digit from 0 to 6, found \"7\""),
            ("999", "unknown packet type at byte 0: expected a digit from 0 to 6, found \"9\""),
            ("5", "invalid count of attachments at byte 1: expected the number of attachments, found the end"),
            ("5-[\"a\"]", "invalid count of attachments at byte 1: expected the number of attachments, found \"-\""),
            ("5a-", "invalid count of attachments at byte 1: expected the number of attachments, found \"a\""),
            (
                "51",
                "invalid count of attachments at byte 2: expected \"-\" after the number of attachments, found the end"
            ),
            (
                "51.23-",
                "invalid count of attachments at byte 2: expected \"-\" after the number of attachments, found \".\""
            ),
            (
                "6\(String(repeating: "9", count: 30))-",
                "invalid count of attachments at byte 1: expected a number below 2^64, found a larger one"
            ),
            (
                "218446744073709551616[\"a\"]",
                "invalid acknowledgement id at byte 1: expected a number below 2^64, found a larger one"
            ),
            ("3[]", "acknowledgement without an id at byte 1: expected the id of the event it answers, found none"),
            ("0[]", "invalid data for a connect packet at byte 1: expected an object or nothing, found an array"),
            ("0null", "invalid data for a connect packet at byte 1: expected an object or nothing, found null"),
            (
                "0/admin,\"invalid\"",
                "invalid data for a connect packet at byte 8: expected an object or nothing, found a string"
            ),
            ("1/admin,{}", "invalid data for a disconnect packet at byte 8: expected nothing, found an object"),
            ("1null", "invalid data for a disconnect packet at byte 1: expected nothing, found null"),
            ("2", "invalid data for an event at byte 1: expected a non-empty array, found nothing"),
            ("27", "invalid data for an event at byte 2: expected a non-empty array, found nothing"),
            ("2{}", "invalid data for an event at byte 1: expected a non-empty array, found an object"),
            ("2[ ]", "invalid data for an event at byte 1: expected a non-empty array, found an empty array"),
            ("2/a", "invalid data for an event at byte 3: expected a non-empty array, found nothing"),
            (
                "2[true,\"foo\"]",
                "invalid data for an event at byte 1: "
                    + "expected a string or a number as the name of the event, found a boolean"
            ),
            (
                "2[null]",
                "invalid data for an event at byte 1: "
                    + "expected a string or a number as the name of the event, found null"
            ),
            (
                "2[{\"toString\":\"foo\"}]",
                "invalid data for an event at byte 1: "
                    + "expected a string or a number as the name of the event, found an object"
            ),
            (
                "2[[\"a\"]]",
                "invalid data for an event at byte 1: "
                    + "expected a string or a number as the name of the event, found an array"
            ),
            ("31{}", "invalid data for an acknowledgement at byte 2: expected an array, found an object"),
            ("31", "invalid data for an acknowledgement at byte 2: expected an array, found nothing"),
            ("4", "invalid data for a connect error at byte 1: expected an object or a string, found nothing"),
            ("4true", "invalid data for a connect error at byte 1: expected an object or a string, found a boolean"),
            (
                "442[\"a\"]",
                "invalid data for a connect error at byte 3: expected an object or a string, found an array"
            ),
            (
                "2/admin,\"invalid",
                "invalid JSON (unexpected-end) at byte 16: expected a closing quotation mark, found the end"
            ),
            ("2abc[\"message\"]", "invalid JSON (unexpected-byte) at byte 1: expected a value, found \"a\""),
            ("2admin,[\"a\"]", "invalid JSON (unexpected-byte) at byte 1: expected a value, found \"a\""),
            ("2-1[\"a\"]", "invalid JSON (trailing-bytes) at byte 3: expected the end, found \"[\""),
            ("2[\"a\"][\"b\"]", "invalid JSON (trailing-bytes) at byte 6: expected the end, found \"[\""),
            (
                "2[\"a\u{1}\"]",
                "invalid JSON (control-character) at byte 4: "
                    + "expected a control character to be escaped, found byte 0x01"
            ),
        ]
    )
    func refusals(text: String, message: String) {
        #expect(refusal(of: text) == message)
    }

    @Test("by reserved event name, escaped or not", arguments: SocketPacket.reservedEvents.sorted())
    func reservedNames(name: String) {
        let message =
            "reserved event name at byte 1: expected a name that Socket.IO does not use itself, found \"\(name)\""
        let escaped = name.utf8.map { "\\u00" + String($0, radix: 16) }.joined()
        #expect(refusal(of: "2[\"\(name)\",1]") == message)
        #expect(refusal(of: "2[\"\(escaped)\"]") == message)
        #expect(refusal(of: "50-[\"\(name)\"]")?.hasPrefix("reserved event name at byte 3") == true)
        #expect(refusal(of: "31[\"\(name)\"]") == nil)
    }

    @Test("by bytes that are not UTF-8, in the namespace and in the data")
    func encodings() {
        let namespace = ByteBuffer(bytes: Array("2/".utf8) + [0xFF] + Array(",[\"a\"]".utf8))
        #expect(refusal(of: namespace) == "invalid namespace at byte 1: expected UTF-8, found other bytes")
        let data = ByteBuffer(bytes: Array("2[\"".utf8) + [0xC0, 0xAF] + Array("\"]".utf8))
        #expect(
            refusal(of: data)
                == "invalid JSON (invalid-utf8) at byte 3: "
                + "expected the first byte of a UTF-8 character, found byte 0xC0"
        )
    }

    @Test("by depth, which is limited as configured")
    func depth() {
        let text = "2[\"a\",[[]]]"
        #expect(refusal(of: text, limits: .init(maxDepth: 3)) == nil)
        #expect(
            refusal(of: text, limits: .init(maxDepth: 2))
                == "invalid JSON (too-deep) at byte 7: expected at most 2 levels, found one more level"
        )
        #expect(refusal(of: "2" + String(repeating: "[", count: 100_000))?.contains("too-deep") == true)
    }

    @Test("places count from the type digit, wherever the packet stands in its buffer")
    func offsets() {
        var buffer = ByteBuffer(string: "42{}")
        buffer.moveReaderIndex(forwardBy: 1)
        #expect(refusal(of: buffer)?.contains("at byte 1") == true)
    }

    @Test("a packet built by hand is held to the same rules")
    func validation() throws {
        func code(_ packet: SocketPacket) -> SocketPacketError.Code? {
            do {
                try packet.validate()
                return nil
            } catch {
                return error.code
            }
        }
        let name = try JSONFragment(validating: "[\"e\"]")
        let attached = try JSONFragment(validating: #"["e",{"_placeholder":true,"num":0}]"#)
        for namespace in ["", "a", "/a,b", "/a?b"] {
            #expect(code(SocketPacket(kind: .connect, namespace: namespace)) == .invalidNamespace)
        }
        #expect(code(SocketPacket(kind: .event)) == .invalidData)
        #expect(code(SocketPacket(kind: .ack, data: name)) == .invalidID)
        #expect(code(SocketPacket(kind: .connect, attachments: [ByteBuffer()])) == .invalidAttachmentCount)
        #expect(code(SocketPacket(kind: .event, data: name, attachments: [ByteBuffer()])) == .invalidPlaceholders)
        #expect(code(SocketPacket(kind: .event, data: attached, attachments: [ByteBuffer()])) == nil)
        #expect(code(SocketPacket(kind: .event, data: attached)) == nil)
    }
}
