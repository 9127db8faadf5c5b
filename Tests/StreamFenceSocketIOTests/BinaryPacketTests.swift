import NIOCore
import StreamFenceSocketIO
import Testing

@Suite("A binary packet is complete with the last of its attachments")
struct BinaryPacketTests {
    private let one = ByteBuffer(bytes: [1, 2, 3, 4])
    private let two = ByteBuffer(bytes: [5])

    @Test("the event of the protocol's example is put together and taken apart again")
    func event() throws {
        let text = #"52-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#
        var decoder = SocketPacketDecoder()
        #expect(try decoder.receive(text: ByteBuffer(string: text)) == nil)
        #expect(decoder.outstandingAttachments == 2)
        #expect(try decoder.receive(binary: one) == nil)
        #expect(decoder.outstandingAttachments == 1)
        let packet = try #require(try decoder.receive(binary: two))
        #expect(decoder.outstandingAttachments == 0)
        #expect(packet.kind == .event)
        #expect(packet.namespace == "/admin")
        #expect(packet.eventName == "baz")
        #expect(packet.attachments == [one, two])
        #expect(String(buffer: SocketPacketEncoder.text(of: packet)) == text)
        try packet.validate()
    }

    @Test("so is the acknowledgement, and the decoder is ready for the next packet")
    func acknowledgement() throws {
        let text = #"61-15["bar",{"_placeholder":true,"num":0}]"#
        var decoder = SocketPacketDecoder()
        for _ in 0..<2 {
            #expect(try decoder.receive(text: ByteBuffer(string: text)) == nil)
            let packet = try #require(try decoder.receive(binary: one))
            #expect(packet.kind == .ack)
            #expect(packet.id == 15)
            #expect(String(buffer: SocketPacketEncoder.text(of: packet)) == text)
        }
        #expect(try decoder.receive(text: ByteBuffer(string: "2[\"a\"]"))?.eventName == "a")
    }

    @Test("a binary packet without attachments is complete at once")
    func withoutAttachments() throws {
        var decoder = SocketPacketDecoder()
        #expect(try decoder.receive(text: ByteBuffer(string: #"50-["a"]"#))?.eventName == "a")
        #expect(try decoder.receive(text: ByteBuffer(string: #"60-1[]"#))?.kind == .ack)
    }

    @Test(
        "placeholders are found wherever they stand and however they are written",
        arguments: [
            #"["e",{"a":[{"b":{"_placeholder":true,"num":0}}]}]"#,
            #"["e", { "num" : 0 , "_placeholder" : true } ]"#,
            #"["e",{"\u005fplaceholder":true,"n\u0075m":0}]"#,
            #"["e",{"_placeholder":false,"_placeholder":true,"num":9,"num":0}]"#,
            #"["e",{"_placeholder":true,"num":0,"more":[1,{"x":2}]}]"#,
            #"["e",{"more":{"_placeholder":"true"},"_placeholder":true,"num":0},"_placeholder",true]"#,
            #"["e",{"_placeholder":1},{"_placeholder":[true]},["_placeholder",true],{"_placeholder":true,"num":-0}]"#,
            #"["e",{"num":5},{"_placeholder":true,"num":0}]"#,
        ]
    )
    func placeholders(data: String) throws {
        var decoder = SocketPacketDecoder()
        #expect(try decoder.receive(text: ByteBuffer(string: "51-" + data)) == nil)
        #expect(try decoder.receive(binary: one)?.data?.json == data)
    }

    @Test(
        "placeholders that do not match the attachments are refused",
        arguments: [
            (
                #"51-["e"]"#,
                "the placeholders do not match the attachments at byte 3: expected 1 placeholders, found 0"
            ),
            (
                #"50-["e",{"_placeholder":true,"num":0}]"#,
                "the placeholders do not match the attachments at byte 8: "
                    + "expected \"num\" to be an integer from 0 and below 0, found 0"
            ),
            (
                #"51-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]"#,
                "the placeholders do not match the attachments at byte 3: expected 1 placeholders, found 2"
            ),
            (
                #"51-["e",{"_placeholder":true,"num":1}]"#,
                "the placeholders do not match the attachments at byte 8: "
                    + "expected \"num\" to be an integer from 0 and below 1, found 1"
            ),
            (
                #"51-["e",{"_placeholder":true,"num":-1}]"#,
                "the placeholders do not match the attachments at byte 8: "
                    + "expected \"num\" to be an integer from 0 and below 1, found -1"
            ),
            (
                #"51-["e",{"_placeholder":true}]"#,
                "the placeholders do not match the attachments at byte 8: "
                    + "expected \"num\" to be an integer from 0 and below 1, found none"
            ),
        ]
    )
    func mismatches(text: String, message: String) {
        #expect(refusal(of: text) == message)
    }

    @Test(
        "a placeholder's number has to be an integer",
        arguments: [
            "\"0\"", "0.5", "null", "true", "[0]", "{}", "99999999999999999999", "0,\"num\":\"x\"", "0,\"num\":{}",
        ]
    )
    func numbers(number: String) {
        let text = #"51-["e",{"_placeholder":true,"num":"# + number + "}]"
        #expect(refusal(of: text)?.hasSuffix("found none") == true)
    }

    @Test(
        "what only resembles a placeholder counts as none",
        arguments: ["false", "1", "\"true\"", "null", "[true]", "{}"]
    )
    func lookalikes(marker: String) {
        let text = #"51-["e",{"_placeholder":true,"num":0,"_placeholder":"# + marker + "}]"
        #expect(refusal(of: text)?.hasSuffix("expected 1 placeholders, found 0") == true)
    }

    @Test("text before the last attachment is refused, and ends the packet")
    func textInBetween() throws {
        var decoder = SocketPacketDecoder()
        _ = try decoder.receive(text: ByteBuffer(string: #"51-["e",{"_placeholder":true,"num":0}]"#))
        let error = #expect(throws: SocketPacketError.self) {
            try decoder.receive(text: ByteBuffer(string: "2[\"a\"]"))
        }
        #expect(error?.code == .unexpectedText)
        #expect(
            error?.description
                == "text before all attachments arrived at byte 0: expected an attachment, found a text packet"
        )
        #expect(throws: SocketPacketError.self) { try decoder.receive(binary: one) }
    }

    @Test("an attachment that no packet waits for is refused")
    func attachmentAlone() {
        var decoder = SocketPacketDecoder()
        let error = #expect(throws: SocketPacketError.self) { try decoder.receive(binary: one) }
        #expect(error?.code == .unexpectedBinary)
        #expect(
            error?.description == "attachment without a packet at byte 0: expected a text packet, found an attachment"
        )
    }

    @Test("the size limit counts the text and every attachment")
    func sizeLimit() throws {
        let text = #"52-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#
        for (limit, fits) in [(text.utf8.count + 5, true), (text.utf8.count + 4, false)] {
            var decoder = SocketPacketDecoder(limits: .init(maxPayloadBytes: limit))
            _ = try decoder.receive(text: ByteBuffer(string: text))
            _ = try decoder.receive(binary: one)
            if fits {
                #expect(try decoder.receive(binary: two) != nil)
            } else {
                let error = #expect(throws: SocketPacketError.self) { try decoder.receive(binary: two) }
                #expect(error?.code == .payloadTooLarge)
                #expect(
                    error?.description == "packet too large at byte 0: "
                        + "expected at most \(limit) bytes with all attachments, "
                        + "found 1 more than the \(limit) received"
                )
                #expect(decoder.outstandingAttachments == 0)
            }
        }
        let small = SocketPacketDecoder.Limits(maxPayloadBytes: 9)
        #expect(try decode(#"2["12345"]"#.replacing("5", with: ""), limits: small) != nil)
        #expect(
            refusal(of: #"2["12345"]"#, limits: small)
                == "packet too large at byte 0: expected at most 9 bytes with all attachments, found 10"
        )
        #expect(refusal(of: "0", limits: .init(maxPayloadBytes: .min)) != nil)
    }

    @Test("the limit on attachments is ten unless another is given")
    func attachmentLimit() {
        func text(_ count: Int) -> String {
            let placeholders = (0..<count).map { ",{\"_placeholder\":true,\"num\":\($0)}" }.joined()
            return "5\(count)-[\"e\"\(placeholders)]"
        }
        #expect(refusal(of: text(10)) == nil)
        #expect(refusal(of: text(11)) == "too many attachments at byte 1: expected at most 10, found 11")
        #expect(refusal(of: text(11), limits: .init(maxAttachments: 11)) == nil)
        #expect(refusal(of: text(1), limits: .init(maxAttachments: 0)) != nil)
        #expect(refusal(of: text(1), limits: .init(maxAttachments: -1)) != nil)
        #expect(refusal(of: "518446744073709551615-[]") != nil)
    }
}
