import NIOCore
import StreamFenceEngineIO

/// ``EnginePacket/init(text:)``; the input is a packet's text form.
///
/// 1. Its first byte alone decides what the packet is, and whether there is one.
/// 2. A packet is decoded from its own encoding, for either transport; and that encoding is the input, less what a
///    packet without content carried along.
/// 3. A packet of any kind with the input as its content survives both transports.
public func fuzzEnginePacket(_ input: UnsafeRawBufferPointer) throws(Violation) {
    let text = ByteBuffer(surrounded: input)
    let packet: EnginePacket?
    do throws(EngineIOError) {
        packet = try EnginePacket(text: text)
    } catch {
        packet = nil
        try expectEqual(error.code, .invalidPacket, "a refusal has one code")
    }
    try expectEqual(packet, ReferencePayload.textPacket(Array(input)), "the packet is the reference's")

    if let packet {
        let encoded = encode(packet)
        try expectEqual(try? EnginePacket(text: encoded), packet, "a packet is decoded from its own encoding")
        try expect(input.starts(with: encoded.readableBytesView), "an encoding begins as its input does")
        try checkTransports(packet)
    }
    // On a websocket text is UTF-8, which the input need not be.
    let content = ByteBuffer(string: String(decoding: input, as: UTF8.self))
    for packet in [.open(content), .ping(content), .pong(content), .message(.text(content))] as [EnginePacket] {
        try expectEqual(try? EnginePacket(text: encode(packet)), packet, "a packet is decoded from its own encoding")
        try checkTransports(packet)
    }
    for packet in [.message(.binary(text)), .close, .upgrade, .noop, .heartbeat] as [EnginePacket] {
        try checkTransports(packet)
    }
}

/// The packet as a polling payload, which for all but binary messages is its text form.
private func encode(_ packet: EnginePacket) -> ByteBuffer {
    var encoded = ByteBuffer()
    PollingPayload.append(packet, to: &encoded)
    return encoded
}

/// A packet that is encoded once for every client reads the same on each of them.
private func checkTransports(_ packet: EnginePacket) throws(Violation) {
    let message = EncodedMessage(packet)
    try expectEqual(message.pollingPayload, encode(packet), "both encoders write the same payload")

    var frames = WebSocketFrameDecoder(role: .client, maxMessageBytes: message.count)
    frames.append(message.frames)
    switch (packet, try? frames.next()) {
    case (.message(.binary(let content)), .message(.binary(let received))):
        try expectEqual(received, content, "a binary message survives a websocket")
    case (_, .message(.text(let received))):
        try expectEqual(try? EnginePacket(text: received), packet, "a packet survives a websocket")
    case (_, let event):
        let isText = encode(packet).isValidText
        try expect(event == nil && !isText, "a frame is refused only where it is not UTF-8", found: "\(packet)")
    }
}

extension ByteBuffer {
    /// Whether the bytes are UTF-8, by the standard library's account.
    var isValidText: Bool { String(validating: readableBytesView, as: UTF8.self) != nil }
}
