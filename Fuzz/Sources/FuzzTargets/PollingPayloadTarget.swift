import NIOCore
import StreamFenceEngineIO

/// ``PollingPayload``; the input is a request's body.
///
/// 1. Decodes exactly what ``ReferencePayload`` decodes, and refuses what it refuses.
/// 2. Never yields more packets, or more bytes, than the body has room for.
/// 3. What was decoded is decoded from its own encoding; and that encoding is the only one.
/// 4. Any bytes survive as a binary message.
public func fuzzPollingPayload(_ input: UnsafeRawBufferPointer) throws(Violation) {
    let (packets, error) = decode(ByteBuffer(surrounded: input))

    let reference = ReferencePayload(input)
    try expectEqual(packets, reference.packets, "the packets are the reference's")
    try expectEqual(error != nil, reference.isRefused, "a body is refused when the reference refuses it")
    try expectEqual(error?.code ?? .invalidPacket, .invalidPacket, "a refusal has one code")

    let content = packets.reduce(0) { $0 + contentBytes($1) }
    try expect(content + packets.count * 2 <= input.count + 1, "the packets fit in the body", found: "\(content) bytes")

    let encoded = encode(packets)
    // An empty body is one empty packet, and that is an error: no packets have no encoding.
    if !packets.isEmpty {
        let (again, refusal) = decode(encoded)
        try expectEqual(refusal, nil, "an encoded body is accepted")
        try expectEqual(again, packets, "packets are decoded from their own encoding")
        try expectEqual(encode(again), encoded, "an encoding is canonical")
    }

    let binary = EnginePacket.message(.binary(ByteBuffer(surrounded: input)))
    let pair = encode([binary, .noop, binary])
    try expectEqual(decode(pair).packets, [binary, .noop, binary], "any bytes survive as a binary message")
}

/// Every packet up to the body's end or the first error.
private func decode(_ body: ByteBuffer) -> (packets: [EnginePacket], error: EngineIOError?) {
    var decoder = PollingPayload.Decoder(body)
    var packets: [EnginePacket] = []
    do throws(EngineIOError) {
        while let packet = try decoder.next() { packets.append(packet) }
        // The end is final: a packet after it would be one more than the reference has.
        while let packet = try decoder.next() { packets.append(packet) }
    } catch {
        return (packets, error)
    }
    return (packets, nil)
}

private func encode(_ packets: [EnginePacket]) -> ByteBuffer {
    var body = ByteBuffer()
    for packet in packets { PollingPayload.append(packet, to: &body) }
    return body
}

private func contentBytes(_ packet: EnginePacket) -> Int {
    switch packet {
    case .open(let content), .ping(let content), .pong(let content): content.readableBytes
    case .message(let message): message.count
    case .close, .upgrade, .noop: 0
    }
}
