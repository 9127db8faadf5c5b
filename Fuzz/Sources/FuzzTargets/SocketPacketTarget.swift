import NIOCore
import StreamFenceSocketIO

/// ``SocketPacketDecoder``, ``JSONFragment`` and ``SocketPacketEncoder``; the input is two bytes that steer and the
/// messages of one connection (``PacketInput``).
///
/// 1. A text is accepted, and read, as ``ReferencePacket`` has it, whatever came before; and so are the attachments
///    that follow.
/// 2. What is accepted holds every limit, and what is not leaves nothing behind.
/// 3. The accessors of a packet, and of the JSON in it, agree with the validator and with the reference.
/// 4. A packet is decoded from its own encoding, as is any other that passes ``SocketPacket/validate()``.
public func fuzzSocketPacket(_ input: UnsafeRawBufferPointer) throws(Violation) {
    let input = PacketInput(input)
    var connection = CheckedConnection(limits: input.limits)
    for message in input.messages {
        switch message {
        case .text(let text):
            try connection.receive(text: text)
            try JSONChecks.check(document: text, maxDepth: input.limits.maxDepth)
        case .binary(let binary):
            try connection.receive(binary: binary)
        }
    }
    // Whatever is still owed, so that an input needs no attachments to get beyond them.
    while connection.outstandingAttachments > 0 {
        try connection.receive(binary: ByteBuffer())
    }
    if let packet = input.madePacket { try checkMade(packet) }
}

/// A packet that was never text: it may break any rule, and `validate()` has to notice.
private func checkMade(_ packet: SocketPacket) throws(Violation) {
    do throws(SocketPacketError) {
        try packet.validate()
    } catch {
        return try expectEqual(error.offset, 0, "a packet that was never text has no places")
    }
    try PacketChecks.checkRoundTrip(packet)
}

/// A decoder whose every answer is checked.
private struct CheckedConnection {
    private var decoder: SocketPacketDecoder
    private let limits: SocketPacketDecoder.Limits
    /// The packet that waits for attachments.
    private var pending: ReferencePacket?
    private var attachments: [ByteBuffer] = []
    /// The text and the attachments of the pending packet, in bytes.
    private var held = 0

    init(limits: SocketPacketDecoder.Limits) {
        self.limits = limits
        decoder = SocketPacketDecoder(limits: limits)
    }

    var outstandingAttachments: Int { decoder.outstandingAttachments }

    mutating func receive(text: ByteBuffer) throws(Violation) {
        let wasPending = pending != nil
        let (packet, error) = Self.outcome { () throws(SocketPacketError) in try decoder.receive(text: text) }
        pending = nil
        if wasPending {
            try expectEqual(error?.code, .unexpectedText, "no text comes before all attachments")
            try expectEqual(outstandingAttachments, 0, "a refused packet is forgotten")
            return
        }
        let reference = ReferencePacket(Array(text.readableBytesView), limits: limits)
        try expectEqual(error == nil, reference != nil, "a text is accepted when the reference accepts it")
        try expectEqual(outstandingAttachments, reference?.attachments ?? 0, "the attachments to come")
        if let error {
            try expect((0...text.readableBytes).contains(error.offset), "an error is in the text", found: "\(error)")
        }
        guard let reference else { return }
        try expectEqual(packet == nil, reference.attachments > 0, "a packet waits for its attachments")
        if let packet {
            try check(packet, against: reference)
        } else {
            (pending, attachments, held) = (reference, [], text.readableBytes)
        }
    }

    mutating func receive(binary: ByteBuffer) throws(Violation) {
        let (packet, error) = Self.outcome { () throws(SocketPacketError) in try decoder.receive(binary: binary) }
        guard let reference = pending else {
            return try expectEqual(error?.code, .unexpectedBinary, "no attachment comes without a packet")
        }
        held += binary.readableBytes
        attachments.append(binary)
        let isTooLarge = held > limits.maxPayloadBytes
        try expectEqual(error?.code, isTooLarge ? .payloadTooLarge : nil, "the limit holds for text and attachments")
        let missing = isTooLarge ? 0 : reference.attachments - attachments.count
        try expectEqual(outstandingAttachments, missing, "the attachments to come")
        try expectEqual(packet != nil, !isTooLarge && missing == 0, "the last attachment completes the packet")
        if missing == 0 { pending = nil }
        if let packet { try check(packet, against: reference) }
    }

    private func check(_ packet: SocketPacket, against reference: ReferencePacket) throws(Violation) {
        try reference.check(packet)
        try expectEqual(packet.attachments, reference.attachments == 0 ? [] : attachments, "the attachments")
        try PacketChecks.check(packet)
        if let data = packet.data { try JSONChecks.check(document: data.buffer, maxDepth: limits.maxDepth) }
    }

    private static func outcome(
        _ receive: () throws(SocketPacketError) -> SocketPacket?
    ) -> (packet: SocketPacket?, error: SocketPacketError?) {
        do throws(SocketPacketError) {
            return (try receive(), nil)
        } catch {
            return (nil, error)
        }
    }
}
