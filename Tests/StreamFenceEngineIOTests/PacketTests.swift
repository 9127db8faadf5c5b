import NIOCore
import Testing

@testable import StreamFenceEngineIO

@Suite("Packets and polling payloads")
struct PacketTests {
    static let packets: [(text: String, packet: EnginePacket)] = [
        ("0{}", .open(ByteBuffer(string: "{}"))),
        ("1", .close),
        ("2", .heartbeat),
        ("2probe", .ping(ByteBuffer(string: "probe"))),
        ("3probe", .pong(ByteBuffer(string: "probe"))),
        ("4", .message(.text(ByteBuffer()))),
        ("4héllo", .message(.text(ByteBuffer(string: "héllo")))),
        ("4bAQ==", .message(.text(ByteBuffer(string: "bAQ==")))),
        ("5", .upgrade),
        ("6", .noop),
    ]

    @Test("A packet reads from its text and writes back to it", arguments: packets)
    func text(text: String, packet: EnginePacket) throws {
        #expect(try EnginePacket(text: ByteBuffer(string: text)) == packet)
        var body = ByteBuffer()
        PollingPayload.append(packet, to: &body)
        #expect(String(buffer: body) == text)
    }

    @Test(
        "What is no packet is refused with the code invalid_packet",
        arguments: ["", "7", "x", "a4", " 4", "b", "\0"]
    )
    func refused(text: String) {
        let error = #expect(throws: EngineIOError.self) { try EnginePacket(text: ByteBuffer(string: text)) }
        #expect(error?.code == .invalidPacket)
    }

    @Test("A body carries several packets, binary ones as base64")
    func payload() throws {
        var body = ByteBuffer()
        PollingPayload.append(.message(.text(ByteBuffer(string: "a"))), to: &body)
        PollingPayload.append(.message(.binary(ByteBuffer(bytes: [1, 2, 3, 4]))), to: &body)
        PollingPayload.append(.noop, to: &body)
        #expect(String(buffer: body) == "4a\u{1E}bAQIDBA==\u{1E}6")
        #expect(
            try decode("4a\u{1E}bAQIDBA==\u{1E}6") == [
                .message(.text(ByteBuffer(string: "a"))), .message(.binary(ByteBuffer(bytes: [1, 2, 3, 4]))), .noop,
            ]
        )
        #expect(try decode("b") == [.message(.binary(ByteBuffer()))])
    }

    @Test("A body is read where it lies, also behind bytes that were read before")
    func slice() throws {
        var buffer = ByteBuffer(string: "skipped4a\u{1E}4b")
        buffer.moveReaderIndex(forwardBy: 7)
        var decoder = PollingPayload.Decoder(buffer)
        #expect(try decoder.next() == .message(.text(ByteBuffer(string: "a"))))
        #expect(try decoder.next() == .message(.text(ByteBuffer(string: "b"))))
        #expect(try decoder.next() == nil)
        #expect(try decoder.next() == nil)
    }

    @Test(
        "A body with a broken packet is refused",
        arguments: [
            "", "\u{1E}", "4a\u{1E}", "\u{1E}4a", "4a\u{1E}\u{1E}4b", "abc", "b*", "4a\u{1E}bA", "4a\u{1E}9",
        ]
    )
    func brokenPayload(body: String) {
        let error = #expect(throws: EngineIOError.self) { try decode(body) }
        #expect(error?.code == .invalidPacket)
    }

    private func decode(_ body: String) throws -> [EnginePacket] {
        var decoder = PollingPayload.Decoder(ByteBuffer(string: body))
        var packets: [EnginePacket] = []
        while let packet = try decoder.next() { packets.append(packet) }
        return packets
    }
}

@Suite("Messages encoded once for everybody")
struct EncodedMessageTests {
    /// Payload sizes around every change of the frame header's length.
    static let sizes = [0, 1, 124, 125, 126, 127, 65_534, 65_535, 65_536, 70_000]

    @Test("Websocket frames and polling payload carry the same text", arguments: sizes)
    func text(size: Int) throws {
        let content = ByteBuffer(repeating: UInt8(ascii: "t"), count: size)
        try expectAgreement(EncodedMessage(.message(.text(content))), [.message(.text(content))])
        try expectAgreement(EncodedMessage(text: content), [.message(.text(content))])
    }

    @Test("Websocket frames and polling payload carry the same bytes", arguments: sizes)
    func binary(size: Int) throws {
        let content = ByteBuffer(repeating: 0xA5, count: size)
        try expectAgreement(EncodedMessage(.message(.binary(content))), [.message(.binary(content))])
    }

    @Test("Attachments travel behind their text", arguments: sizes)
    func attachments(size: Int) throws {
        let attachments = [ByteBuffer(repeating: 1, count: size), ByteBuffer(), ByteBuffer(bytes: [9, 8, 7])]
        try expectAgreement(
            EncodedMessage(
                text: ByteBuffer(string: "453-[\"a\","),
                ByteBuffer(repeating: UInt8(ascii: "x"), count: size),
                ByteBuffer(string: "]"),
                attachments: attachments
            ),
            [.message(.text(ByteBuffer(string: "453-[\"a\"," + String(repeating: "x", count: size) + "]")))]
                + attachments.map { .message(.binary($0)) }
        )
    }

    @Test("A packet other than a message has both forms too")
    func packet() throws {
        let packet = EnginePacket.open(ByteBuffer(string: "{}"))
        let message = EncodedMessage(packet)
        #expect(String(buffer: message.pollingPayload) == "0{}")
        #expect(message.frames == ByteBuffer(bytes: [0x81, 3] + Array("0{}".utf8)))
    }

    @Test("The polling payload is made once")
    func once() {
        let message = EncodedMessage.text(1000)
        #expect(message.pollingPayload.address == message.pollingPayload.address)
    }

    @Test("The size that counts is that of the frames")
    func count() {
        #expect(EncodedMessage.text(10).count == 13)
        #expect(EncodedMessage(text: ByteBuffer(string: "a"), attachments: [ByteBuffer(bytes: [1])]).count == 4 + 3)
    }

    private func expectAgreement(_ message: EncodedMessage, _ packets: [EnginePacket]) throws {
        var fromFrames: [EnginePacket] = []
        var frames = WebSocketFrameDecoder(role: .client, maxMessageBytes: 1 << 20)
        frames.append(message.frames)
        while let event = try frames.next() {
            guard case .message(let message) = event else { continue }
            switch message {
            case .text(let text): fromFrames.append(try EnginePacket(text: text))
            case .binary: fromFrames.append(.message(message))
            }
        }
        #expect(fromFrames == packets)

        var fromPayload: [EnginePacket] = []
        var payload = PollingPayload.Decoder(message.pollingPayload)
        while let packet = try payload.next() { fromPayload.append(packet) }
        #expect(fromPayload == packets)
    }
}

extension ByteBuffer {
    /// Where the readable bytes lie in memory: two buffers with the same address share them.
    var address: UInt {
        withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
    }
}
