import NIOCore
import StreamFenceEngineIO
import StreamFenceSocketIO

/// The messages of one connection and how to receive them, out of bytes that all mean something.
///
/// One byte: the limits, two bits each; `@` stands for the defaults. One byte: the shape of ``madePacket``. Then the
/// messages, separated by `\x1e`: an attachment after `b`, otherwise text.
struct PacketInput {
    let limits: SocketPacketDecoder.Limits
    let messages: [EngineMessage]
    private let shape: UInt8

    init(_ input: UnsafeRawBufferPointer) {
        var rest = input[...]
        let choice = Int(rest.popFirst() ?? 0)
        limits = SocketPacketDecoder.Limits(
            maxAttachments: [10, 0, 1, .max][choice & 3],
            maxPayloadBytes: [1_000_000, 0, 16, 64][choice >> 2 & 3],
            maxDepth: [128, 0, 2, 300][choice >> 4 & 3]
        )
        shape = rest.popFirst() ?? 0
        messages = rest.split(separator: 0x1E, omittingEmptySubsequences: false).map { piece in
            piece.first == UInt8(ascii: "b")
                ? .binary(ByteBuffer(surrounded: piece.dropFirst())) : .text(ByteBuffer(surrounded: piece))
        }
    }

    /// A packet made of the messages without being parsed: the first names the namespace, another is the data.
    ///
    /// Of the shape, three bits are the kind, one asks for an id, two choose the data.
    var madePacket: SocketPacket? {
        guard let kind = SocketPacket.Kind(rawValue: shape & 7) else { return nil }
        var texts: [ByteBuffer] = []
        var attachments: [ByteBuffer] = []
        for message in messages {
            switch message {
            case .text(let text): texts.append(text)
            case .binary(let binary): attachments.append(binary)
            }
        }
        return SocketPacket(
            kind: kind,
            namespace: texts.first.map { String(buffer: $0) } ?? "/",
            id: shape & 8 == 0 ? nil : UInt64(shape) << 56 | UInt64(messages.count),
            data: data(texts.dropFirst(), attachments: attachments.count),
            attachments: attachments
        )
    }

    private func data(_ texts: ArraySlice<ByteBuffer>, attachments: Int) -> JSONFragment? {
        let values = texts.compactMap { try? JSONFragment(validating: $0, maxDepth: 300) }
        switch shape >> 4 & 3 {
        case 0:
            return nil
        case 1:
            return JSONFragment(string: texts.first.map { String(buffer: $0) } ?? "")
        case 2:
            return values.first
        default:
            // A name, unless the input brings its own, whatever values there are, and what the attachments ask for.
            var items = values.map(\.json)
            if items.isEmpty { items.append("\"name\"") }
            items += (0..<attachments).map { "{\"_placeholder\":true,\"num\":\($0)}" }
            return try? JSONFragment(validating: "[\(items.joined(separator: ","))]", maxDepth: 301)
        }
    }
}
