import NIOCore

/// Writes Socket.IO packets as text, in the form of the
/// [protocol](https://github.com/socketio/socket.io/tree/main/docs/socket.io-protocol), without the Engine.IO prefix
/// `4`.
///
/// JSON is joined, never serialised: data and arguments are written as the bytes they are. Attachments are not part of
/// the text; the caller sends them after it, one binary message each, untouched. Nothing is checked: for packets made
/// of somebody else's values there is ``SocketPacket/validate()``.
///
/// The `write` functions append to a buffer of the caller's, which may already hold a frame header or a prefix; the
/// others return a new buffer, allocated once at its final size.
public enum SocketPacketEncoder {
    /// The text of a packet. Its attachments, which only events and acknowledgements can have, are to be sent after it.
    public static func text(of packet: SocketPacket) -> ByteBuffer {
        var buffer = ByteBuffer()
        write(packet, to: &buffer)
        return buffer
    }

    /// Appends the text of a packet.
    public static func write(_ packet: SocketPacket, to buffer: inout ByteBuffer) {
        let dataSize = packet.data?.buffer.readableBytes ?? 0
        buffer.reserveCapacity(minimumWritableBytes: headerRoom(packet.namespace) + dataSize)
        writeHeader(packet.kind, packet.namespace, packet.id, attachments: packet.attachments.count, to: &buffer)
        if let data = packet.data { buffer.writeImmutableBuffer(data.buffer) }
    }

    /// The text of an event.
    ///
    /// - Parameters:
    ///   - namespace: with its leading slash.
    ///   - event: the name, not yet escaped.
    ///   - arguments: what follows the name, relayed byte for byte.
    ///   - attachments: how many attachments the placeholders in `arguments` stand for.
    ///   - id: given to ask for an acknowledgement.
    public static func eventText(
        namespace: String = "/",
        event: String,
        arguments: [JSONFragment],
        attachments: Int = 0,
        id: UInt64? = nil
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        let arguments = arguments.lazy.map(\.buffer)
        writeEvent(namespace, event, arguments, attachments: attachments, id: id, to: &buffer)
        return buffer
    }

    /// The text of an acknowledgement.
    ///
    /// - Parameters:
    ///   - namespace: with its leading slash.
    ///   - id: that of the event it answers.
    ///   - arguments: relayed byte for byte.
    ///   - attachments: how many attachments the placeholders in `arguments` stand for.
    public static func ackText(
        namespace: String = "/",
        id: UInt64,
        arguments: [JSONFragment],
        attachments: Int = 0
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        let arguments = arguments.lazy.map(\.buffer)
        buffer.reserveCapacity(minimumWritableBytes: headerRoom(namespace) + arrayRoom(arguments))
        writeHeader(.ack, namespace, id, attachments: attachments, to: &buffer)
        writeArray(name: nil, arguments, to: &buffer)
        return buffer
    }

    /// Appends the text of an event whose arguments this project has written itself.
    ///
    /// - Parameters:
    ///   - namespace: with its leading slash.
    ///   - event: the name, not yet escaped.
    ///   - rawArguments: the readable bytes of each must be one JSON value. Not checked: a client drops its connection
    ///     over a packet that is not JSON.
    ///   - attachments: how many attachments the placeholders in `rawArguments` stand for.
    ///   - id: given to ask for an acknowledgement.
    ///   - buffer: grown at most once.
    public static func writeEvent(
        namespace: String = "/",
        event: String,
        rawArguments: [ByteBuffer],
        attachments: Int = 0,
        id: UInt64? = nil,
        to buffer: inout ByteBuffer
    ) {
        writeEvent(namespace, event, rawArguments, attachments: attachments, id: id, to: &buffer)
    }

    private static func writeEvent(
        _ namespace: String,
        _ event: String,
        _ arguments: some Collection<ByteBuffer>,
        attachments: Int,
        id: UInt64?,
        to buffer: inout ByteBuffer
    ) {
        // A name rarely needs escaping; where it does, the buffer grows by itself.
        let room = headerRoom(namespace) + event.utf8.count + 3 + arrayRoom(arguments)
        buffer.reserveCapacity(minimumWritableBytes: room)
        writeHeader(.event, namespace, id, attachments: attachments, to: &buffer)
        writeArray(name: event, arguments, to: &buffer)
    }

    /// The largest header: a digit, a count and an id of up to 20 digits each, a hyphen, the namespace and its comma.
    private static func headerRoom(_ namespace: String) -> Int {
        namespace.utf8.count + 43
    }

    private static func arrayRoom(_ arguments: some Collection<ByteBuffer>) -> Int {
        arguments.reduce(2) { $0 + $1.readableBytes + 1 }
    }

    private static func writeHeader(
        _ kind: SocketPacket.Kind,
        _ namespace: String,
        _ id: UInt64?,
        attachments: Int,
        to buffer: inout ByteBuffer
    ) {
        let zero = UInt8(ascii: "0")
        switch kind {
        case .event where attachments > 0, .ack where attachments > 0:
            // The binary variants are three above the plain ones: 5 and 6.
            buffer.writeInteger(zero + kind.rawValue + 3)
            buffer.writeString(String(attachments))
            buffer.writeInteger(UInt8(ascii: "-"))
        default:
            buffer.writeInteger(zero + kind.rawValue)
        }
        if namespace != "/" {
            buffer.writeString(namespace)
            buffer.writeInteger(UInt8(ascii: ","))
        }
        if let id { buffer.writeString(String(id)) }
    }

    private static func writeArray(
        name: String?,
        _ arguments: some Collection<ByteBuffer>,
        to buffer: inout ByteBuffer
    ) {
        buffer.writeInteger(UInt8(ascii: "["))
        var needsComma = false
        if let name {
            buffer.writeJSONString(name)
            needsComma = true
        }
        for argument in arguments {
            if needsComma { buffer.writeInteger(UInt8(ascii: ",")) }
            buffer.writeImmutableBuffer(argument)
            needsComma = true
        }
        buffer.writeInteger(UInt8(ascii: "]"))
    }
}
