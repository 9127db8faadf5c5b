import NIOCore
import StreamFenceTestSupport
import Testing

@testable import StreamFenceSocketIO

@Suite("Whatever bytes arrive, the decoder answers with a packet or an error")
struct RandomInputTests {
    private static let seeds: [String] = [
        "0", "0/admin,{\"token\":\"123\"}", "1/admin,", "212[\"foo\",{\"a\":[1,2.5e-3,true,null]}]",
        "3/admin,13[\"bar\"]",
        "4{\"message\":\"no\"}",
        "52-/a,9[\"baz\",{\"_placeholder\":true,\"num\":0},[{\"num\":1,\"_placeholder\":true}]]",
        "61-15[{\"_placeholder\":true,\"num\":0}]",
        "2/feed?q=1,[\"publish\",{\"topic\":\"é\\u00e9\\ud83d\\ude00\"},\"\\n\"]",
    ]

    /// Bytes that mean something to one of the parsers, so that mutations reach beyond the first check.
    private static let alphabet =
        Array("0123456789-/,?[]{}:\"\\utrfnbeE+. _".utf8) + [0x00, 0x1F, 0x7F, 0x80, 0xBF, 0xC3, 0xED, 0xF0, 0xFF]

    @Test("mutated packets never trap, and those accepted survive another round")
    func mutatedPackets() throws {
        let seed = printedSeed()
        var random = SeededGenerator(seed: seed)
        for round in 0..<20_000 {
            var bytes = Array((Self.seeds.randomElement(using: &random) ?? "0").utf8)
            mutate(&bytes, using: &random)
            var decoder = SocketPacketDecoder(limits: .init(maxDepth: 8))
            guard let packet = try? collect(ByteBuffer(bytes: bytes), from: &decoder) else { continue }
            touch(packet)
            #expect(try roundTrip(packet) == packet, "seed \(seed), round \(round)")
        }
    }

    @Test("the JSON scanner agrees with the reference on mutated documents")
    func mutatedDocuments() {
        let seed = printedSeed()
        var random = SeededGenerator(seed: seed)
        let documents = JSONValidationTests.good + Self.seeds.map { String($0.drop { $0 != "[" && $0 != "{" }) }
        for round in 0..<20_000 {
            var bytes = Array((documents.randomElement(using: &random) ?? "").utf8)
            mutate(&bytes, using: &random)
            let fragment = try? JSONFragment(validating: ByteBuffer(bytes: bytes), maxDepth: 6)
            #expect(
                (fragment != nil) == ReferenceJSON.accepts(bytes, maxDepth: 6),
                "seed \(seed), round \(round): \(bytes)"
            )
            if let fragment { touch(fragment) }
        }
    }

    @Test("the accessors do not trap even on bytes that nobody validated")
    func garbage() {
        var random = SeededGenerator(seed: printedSeed())
        for _ in 0..<20_000 {
            var bytes = Array((JSONValidationTests.good.randomElement(using: &random) ?? "").utf8)
            mutate(&bytes, using: &random)
            let fragment = JSONFragment(trusted: ByteBuffer(bytes: bytes))
            touch(fragment)
            try? AttachmentPlaceholders.check(fragment, attachments: 1, offset: 0)
        }
    }

    @Test("random packets are decoded from their own encoding")
    func roundTrips() throws {
        let seed = printedSeed()
        var random = SeededGenerator(seed: seed)
        for round in 0..<5_000 {
            let packet = try randomPacket(using: &random)
            try packet.validate()
            #expect(try roundTrip(packet) == packet, "seed \(seed), round \(round)")
        }
    }

    @Test("hostile documents of a megabyte take time in proportion", .timeLimit(.minutes(5)))
    func largeDocuments() throws {
        let size = 1_000_000
        let documents = [
            String(repeating: "[", count: size), String(repeating: "[],", count: size / 3),
            "[\"" + String(repeating: "é", count: size / 2),
            "\"" + String(repeating: "\\ud800", count: size / 6) + "\"", String(repeating: "9", count: size),
            "[" + String(repeating: "0,", count: size / 2) + "0]",
            "{" + String(repeating: "\"a\":0,", count: size / 6) + "\"a\":1}",
            String(repeating: " ", count: size),
            "0." + String(repeating: "1", count: size) + "e" + String(repeating: "9", count: size),
        ]
        for document in documents {
            if let fragment = try? JSONFragment(validating: document) { touch(fragment) }
            _ = refusal(of: "51-" + document)
        }
    }

    // MARK: Vocabulary

    private func mutate(_ bytes: inout [UInt8], using random: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let byte =
                random.chance(80)
                ? Self.alphabet.randomElement(using: &random) ?? 0 : UInt8.random(in: 0...255, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.insert(byte, at: place)
            case 1 where place < bytes.count: bytes[place] = byte
            case 2 where place < bytes.count: bytes.remove(at: place)
            case 3: bytes.removeSubrange(place...)
            default:
                let end = Int.random(in: place...bytes.count, using: &random)
                bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
            }
        }
    }

    /// The packet of this text, with attachments for as long as it asks for some.
    private func collect(_ text: ByteBuffer, from decoder: inout SocketPacketDecoder) throws -> SocketPacket? {
        var packet = try decoder.receive(text: text)
        while decoder.outstandingAttachments > 0 {
            packet = try decoder.receive(binary: ByteBuffer(bytes: [UInt8(decoder.outstandingAttachments)]))
        }
        return packet
    }

    private func roundTrip(_ packet: SocketPacket) throws -> SocketPacket? {
        var decoder = SocketPacketDecoder()
        var decoded = try decoder.receive(text: SocketPacketEncoder.text(of: packet))
        for attachment in packet.attachments { decoded = try decoder.receive(binary: attachment) }
        return decoded
    }

    /// Calls every accessor.
    private func touch(_ packet: SocketPacket) {
        _ = (packet.eventName, packet.arguments, packet.argument(at: 1))
        if let data = packet.data { touch(data) }
    }

    private func touch(_ fragment: JSONFragment) {
        _ = (
            fragment.kind, fragment.string, fragment.int, fragment.double, fragment.bool, fragment.isNull, fragment.json
        )
        _ = (fragment["a"], fragment["topic"], fragment.element(at: 2), fragment.isString("é"))
        for element in (fragment.elements ?? []).prefix(100) { _ = (element.kind, element.string, element["num"]?.int) }
    }

    private func randomPacket(using random: inout SeededGenerator) throws -> SocketPacket {
        let namespace = random.chance(40) ? "/" : "/" + randomText(using: &random).filter { $0 != "," && $0 != "?" }
        let id =
            random.chance(50)
            ? UInt64.random(in: .min ... .max, using: &random) >> UInt64.random(in: 0..<64, using: &random) : nil
        switch Int.random(in: 0..<5, using: &random) {
        case 0:
            let data = random.chance(50) ? "{\"token\":\(randomJSON(depth: 2, using: &random))}" : nil
            return try SocketPacket(
                kind: .connect,
                namespace: namespace,
                id: id,
                data: data.map { try JSONFragment(validating: $0) }
            )
        case 1:
            return SocketPacket(kind: .disconnect, namespace: namespace, id: id)
        case 2:
            return SocketPacket(
                kind: .connectError,
                namespace: namespace,
                id: id,
                data: JSONFragment(string: randomText(using: &random))
            )
        default:
            let isEvent = random.chance(50)
            let attachments = random.chance(30) ? Int.random(in: 1...10, using: &random) : 0
            var items = (0..<Int.random(in: 0..<4, using: &random)).map { _ in randomJSON(depth: 3, using: &random) }
            items += (0..<attachments).map { "{\"_placeholder\":true,\"num\":\($0)}" }
            items.shuffle(using: &random)
            if isEvent { items.insert(JSONFragment(string: "e" + randomText(using: &random)).json, at: 0) }
            return try SocketPacket(
                kind: isEvent ? .event : .ack,
                namespace: namespace,
                id: isEvent ? id : id ?? 0,
                data: JSONFragment(validating: "[" + items.joined(separator: random.chance(20) ? " , " : ",") + "]"),
                attachments: (0..<attachments).map { ByteBuffer(bytes: [UInt8($0)]) }
            )
        }
    }

    private func randomJSON(depth: Int, using random: inout SeededGenerator) -> String {
        let count = Int.random(in: 0..<4, using: &random)
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
        case 0: return String(Int.random(in: .min ... .max, using: &random))
        case 1: return "\(Double.random(in: -1e9...1e9, using: &random))"
        case 2: return ["true", "false", "null"].randomElement(using: &random) ?? "null"
        case 3, 4: return JSONFragment(string: randomText(using: &random)).json
        case 5:
            return "[" + (0..<count).map { _ in randomJSON(depth: depth - 1, using: &random) }.joined(separator: ",")
                + "]"
        default:
            let members = (0..<count).map { _ in
                JSONFragment(string: randomText(using: &random)).json + ":"
                    + randomJSON(depth: depth - 1, using: &random)
            }
            return "{" + members.joined(separator: ",") + "}"
        }
    }

    private func randomText(using random: inout SeededGenerator) -> String {
        let characters: [Character] = [
            "a", "z", "0", "/", "é", "日", "😀", "\"", "\\", "\n", "\u{1}", "[", ",", "?", " ",
        ]
        return String(
            (0..<Int.random(in: 0..<20, using: &random)).compactMap { _ in characters.randomElement(using: &random) }
        )
    }
}
