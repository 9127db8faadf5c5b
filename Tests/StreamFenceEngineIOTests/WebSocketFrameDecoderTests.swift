import NIOCore
import StreamFenceTestSupport
import Testing

@testable import StreamFenceEngineIO

@Suite("Websocket frames a client sends")
struct WebSocketFrameDecoderTests {
    /// A conversation with every kind of frame, and the events it means.
    static let conversation: [ClientFrame] = [
        .text("4héllo, with more than eight bytes"),
        .binary(Array(0...255)),
        .ping("p"),
        .fragment(0x1, "4fr", isFinal: false),
        .ping("between"),
        .fragment(0x0, "", isFinal: false),
        .fragment(0x0, "agment", isFinal: false),
        .pong(""),
        .fragment(0x0, "ed", isFinal: true),
        .text(""),
        .binary([]),
        ClientFrame(opcode: 0x2, payload: [1, 2, 3], mask: [0, 0, 0, 0]),
        .binary([UInt8](repeating: 7, count: 66_000)),
        .close(1001, "bye"),
    ]
    static let events: [WebSocketFrameDecoder.Event] = [
        .message(.text(ByteBuffer(string: "4héllo, with more than eight bytes"))),
        .message(.binary(ByteBuffer(bytes: 0...255))),
        .ping(ByteBuffer(string: "p")),
        .ping(ByteBuffer(string: "between")),
        .pong(ByteBuffer()),
        .message(.text(ByteBuffer(string: "4fragmented"))),
        .message(.text(ByteBuffer())),
        .message(.binary(ByteBuffer())),
        .message(.binary(ByteBuffer(bytes: [1, 2, 3]))),
        .message(.binary(ByteBuffer(repeating: 7, count: 66_000))),
        .close(code: 1001),
    ]

    static var bytes: [UInt8] { conversation.flatMap { Array(buffer: $0.bytes) } }

    @Test("A conversation is understood in one piece")
    func onePiece() throws {
        #expect(try decode([Self.bytes]) == Self.events)
    }

    @Test("A conversation is understood byte by byte")
    func byteByByte() throws {
        #expect(try decode(Self.bytes.map { [$0] }) == Self.events)
    }

    @Test("A conversation is understood whatever pieces it arrives in", arguments: [1, 2, 4, 8])
    func randomPieces(round: UInt64) throws {
        let seed = printedSeed() &+ round
        var generator = SeededGenerator(seed: seed)
        var rest = Self.bytes[...]
        var pieces: [[UInt8]] = []
        while !rest.isEmpty {
            // Mostly tiny, sometimes thousands: both sides of the fast path.
            let size = min(
                rest.count,
                Int.random(in: 0...(Bool.random(using: &generator) ? 9 : 5000), using: &generator)
            )
            pieces.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        #expect(try decode(pieces) == Self.events, "seed \(seed)")
    }

    @Test("A masked message is unmasked wherever it is split in two")
    func everySplit() throws {
        let text = "4every offset of the mask, beyond two words of eight"
        let bytes = Array(buffer: ClientFrame.text(text).bytes)
        for split in 0...bytes.count {
            let events = try decode([Array(bytes[..<split]), Array(bytes[split...])])
            #expect(events == [.message(.text(ByteBuffer(string: text)))], "split at \(split)")
        }
    }

    @Test("A frame behind bytes that were consumed before is read from its own place")
    func slice() throws {
        var buffer = ByteBuffer(string: "HTTP")
        buffer.writeImmutableBuffer(ClientFrame.text("4a").bytes)
        buffer.moveReaderIndex(forwardBy: 4)
        var decoder = WebSocketFrameDecoder(role: .server, maxMessageBytes: 10)
        decoder.append(buffer)
        #expect(try decoder.next() == .message(.text(ByteBuffer(string: "4a"))))
        #expect(try decoder.next() == nil)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let why: String
        let frames: [ClientFrame]
        let code: EngineIOError.Code
        var testDescription: String { why }
    }

    static let refusals: [Refusal] =
        [
            Refusal(
                why: "reserved bit 1",
                frames: [ClientFrame(opcode: 1, payload: [], reserved: 4)],
                code: .invalidFrame
            ),
            Refusal(
                why: "reserved bit 2",
                frames: [ClientFrame(opcode: 1, payload: [], reserved: 2)],
                code: .invalidFrame
            ),
            Refusal(
                why: "reserved bit 3",
                frames: [ClientFrame(opcode: 1, payload: [], reserved: 1)],
                code: .invalidFrame
            ),
            Refusal(why: "unknown opcode", frames: [ClientFrame(opcode: 3, payload: [])], code: .invalidFrame),
            Refusal(
                why: "unknown control opcode",
                frames: [ClientFrame(opcode: 0xB, payload: [])],
                code: .invalidFrame
            ),
            Refusal(why: "no mask", frames: [ClientFrame(opcode: 1, payload: [], mask: nil)], code: .invalidFrame),
            Refusal(
                why: "fragmented ping",
                frames: [.fragment(0x9, "", isFinal: false)],
                code: .invalidFrame
            ),
            Refusal(
                why: "ping of 126 bytes",
                frames: [ClientFrame(opcode: 9, payload: [UInt8](repeating: 0, count: 126))],
                code: .invalidFrame
            ),
            Refusal(why: "nothing to continue", frames: [.fragment(0x0, "", isFinal: true)], code: .invalidFrame),
            Refusal(
                why: "new message inside another",
                frames: [.fragment(0x1, "4", isFinal: false), .text("4")],
                code: .invalidFrame
            ),
            Refusal(
                why: "length beyond 2^63",
                frames: [ClientFrame(opcode: 2, payload: [], announcedLength: 1 << 63)],
                code: .invalidFrame
            ),
            Refusal(
                why: "largest length",
                frames: [ClientFrame(opcode: 2, payload: [], announcedLength: .max)],
                code: .invalidFrame
            ),
            Refusal(
                why: "length just below 2^63",
                frames: [ClientFrame(opcode: 2, payload: [], announcedLength: (1 << 63) - 1)],
                code: .payloadTooLarge
            ),
            Refusal(
                why: "one byte too much",
                frames: [.binary([UInt8](repeating: 0, count: 101))],
                code: .payloadTooLarge
            ),
            Refusal(
                why: "one byte too much over all fragments",
                frames: [
                    ClientFrame(opcode: 2, payload: [UInt8](repeating: 0, count: 100), isFinal: false),
                    .fragment(0x0, "x", isFinal: true),
                ],
                code: .payloadTooLarge
            ),
            Refusal(
                why: "the largest length as a continuation",
                frames: [
                    ClientFrame(opcode: 2, payload: [1], isFinal: false),
                    ClientFrame(opcode: 0, payload: [], announcedLength: (1 << 63) - 1),
                ],
                code: .payloadTooLarge
            ),
            Refusal(
                why: "text that is not UTF-8",
                frames: [ClientFrame(opcode: 1, payload: [0xC3, 0x28])],
                code: .invalidUTF8
            ),
            Refusal(
                why: "text cut inside a character",
                frames: [ClientFrame(opcode: 1, payload: [0x34, 0xE2, 0x82])],
                code: .invalidUTF8
            ),
            Refusal(why: "half a close code", frames: [ClientFrame(opcode: 8, payload: [3])], code: .invalidFrame),
            Refusal(
                why: "close reason that is not UTF-8",
                frames: [ClientFrame(opcode: 8, payload: [3, 0xE8, 0xFF])],
                code: .invalidFrame
            ),
        ]
        + [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535].map { (code: UInt16) in
            Refusal(why: "close code \(code)", frames: [.close(code)], code: .invalidFrame)
        }

    @Test("What breaks the rules is refused, in one piece and byte by byte", arguments: refusals)
    func refused(refusal: Refusal) {
        let bytes = refusal.frames.flatMap { Array(buffer: $0.bytes) }
        for pieces in [[bytes], bytes.map { [$0] }] {
            let error = #expect(throws: EngineIOError.self) { try decode(pieces, maxMessageBytes: 100) }
            #expect(error?.code == refusal.code)
        }
    }

    @Test("A message may be exactly as large as allowed")
    func largest() throws {
        let payload = [UInt8](repeating: 5, count: 100)
        #expect(try decode([Array(buffer: ClientFrame.binary(payload).bytes)], maxMessageBytes: 100).count == 1)
    }

    @Test("Nothing is reserved for bytes that were only announced")
    func announced() throws {
        var decoder = WebSocketFrameDecoder(role: .server, maxMessageBytes: .max)
        decoder.append(ClientFrame(opcode: 2, payload: [1, 2], announcedLength: (1 << 63) - 1).bytes)
        #expect(try decoder.next() == nil)
    }

    @Test("A flood of empty fragments ends at the limit of frames")
    func emptyFragments() throws {
        func flood(_ count: Int) -> [UInt8] {
            Array(buffer: ClientFrame.fragment(0x1, "", isFinal: false).bytes)
                + (1..<count).flatMap { _ in Array(buffer: ClientFrame.fragment(0x0, "", isFinal: false).bytes) }
        }
        #expect(try decode([flood(10)], maxFragments: 10) == [])
        let error = #expect(throws: EngineIOError.self) { try decode([flood(11)], maxFragments: 10) }
        #expect(error?.code == .tooManyFrames)
    }

    @Test("A client refuses masked frames and reads unmasked ones")
    func clientRole() throws {
        var decoder = WebSocketFrameDecoder(role: .client, maxMessageBytes: 10)
        decoder.append(ClientFrame(opcode: 1, payload: Array("4a".utf8), mask: nil).bytes)
        #expect(try decoder.next() == .message(.text(ByteBuffer(string: "4a"))))
        decoder.append(ClientFrame.text("4a").bytes)
        let error = #expect(throws: EngineIOError.self) { try decoder.next() }
        #expect(error?.code == .invalidFrame)
    }

    @Test("What our client writes is what our server reads", arguments: [0, 1, 124, 125, 65_534, 65_535, 70_000])
    func ownClient(size: Int) throws {
        for packet: EnginePacket in [
            .message(.text(ByteBuffer(repeating: 0x61, count: size))),
            .message(.binary(ByteBuffer(repeating: 0xF0, count: size))),
        ] {
            var bytes = ByteBuffer()
            bytes.writeMaskedMessage(packet, mask: 0x1234_ABCD)
            let events = try decode([Array(buffer: bytes)])
            if case .message(.text(let content)) = packet {
                #expect(events == [.message(.text(ByteBuffer(string: "4" + String(buffer: content))))])
            } else {
                #expect(events == [.message(.binary(packet.content))])
            }
        }
    }

    @Test("Random bytes never trap")
    func random() {
        let seed = printedSeed()
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<3_000 {
            let bytes = (0..<60).map { _ in
                UInt8.random(in: 0...255, using: &generator) & (Bool.random(using: &generator) ? 0x8F : 0xFF)
            }
            // Every outcome but a trap is fine.
            _ = try? decode([bytes], maxMessageBytes: 1000)
        }
    }

    private func decode(
        _ pieces: [[UInt8]],
        maxMessageBytes: Int = 1_000_000,
        maxFragments: Int = 10_000
    ) throws -> [WebSocketFrameDecoder.Event] {
        var decoder = WebSocketFrameDecoder(role: .server, maxMessageBytes: maxMessageBytes, maxFragments: maxFragments)
        var events: [WebSocketFrameDecoder.Event] = []
        for piece in pieces {
            decoder.append(ByteBuffer(bytes: piece))
            while let event = try decoder.next() { events.append(event) }
        }
        return events
    }
}
