import NIOCore

/// The body of a long-polling request or response: packets joined by the record separator `\x1e`, binary messages as
/// `b` and base64.
///
/// <https://github.com/socketio/socket.io/tree/main/docs/engine.io-protocol#payload-encoding>
public enum PollingPayload {
    static let separator: UInt8 = 0x1E

    /// Reads a body packet by packet, so that a body of a million tiny packets costs no more than one.
    public struct Decoder: Sendable {
        private var rest: ByteBuffer
        private var ended = false

        /// - Parameter body: the whole body, valid UTF-8.
        public init(_ body: ByteBuffer) {
            rest = body
        }

        /// The next packet; nil at the body's end.
        ///
        /// - Throws: ``EngineIOError`` with code ``EngineIOError/Code-swift.struct/invalidPacket``; the decoder must not be used after it.
        public mutating func next() throws(EngineIOError) -> EnginePacket? {
            guard !ended else { return nil }
            let length = rest.readableBytesView.firstIndex(of: separator).map { $0 - rest.readerIndex }
            ended = length == nil
            guard let packet = rest.readSlice(length: length ?? rest.readableBytes) else {
                throw EngineIOError(.invalidPacket, "expected a packet, found the payload's end")
            }
            if length != nil { rest.moveReaderIndex(forwardBy: 1) }
            return try Self.packet(packet)
        }

        private static func packet(_ encoded: ByteBuffer) throws(EngineIOError) -> EnginePacket {
            var encoded = encoded
            guard encoded.readableBytesView.first == UInt8(ascii: "b") else {
                return try EnginePacket(text: encoded)
            }
            encoded.moveReaderIndex(forwardBy: 1)
            guard let bytes = Base64.decode(encoded) else {
                throw EngineIOError(.invalidPacket, "expected base64 after b, found something else")
            }
            return .message(.binary(bytes))
        }
    }

    /// Appends a packet to a body, after a separator unless it is the first.
    public static func append(_ packet: EnginePacket, to body: inout ByteBuffer) {
        if body.readableBytes > 0 { body.writeInteger(separator) }
        if let digit = packet.typeDigit {
            body.writeInteger(digit)
            body.writeImmutableBuffer(packet.content)
        } else {
            body.writeInteger(UInt8(ascii: "b"))
            Base64.encode(packet.content, to: &body)
        }
    }
}
