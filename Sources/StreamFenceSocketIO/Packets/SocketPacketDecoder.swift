import NIOCore

/// Turns the messages of one connection into Socket.IO packets. A pure value: it holds no channel, clock or logger.
///
/// 1. Parses the text of a packet, by the rules of the
///    [protocol](https://github.com/socketio/socket.io/tree/main/docs/socket.io-protocol) and, where that is silent,
///    those of the official parser.
/// 2. Validates the JSON without touching it: what it returns are slices of what it was given.
/// 3. Collects the attachments of a binary packet, and returns the packet with the last of them.
/// 4. Limits what a peer can make it hold: attachments, bytes, depth.
///
/// An error means that the connection has to be closed. The decoder then forgets the packet it was collecting; fed
/// further, it never traps, but may take the rest of a broken packet for another one.
public struct SocketPacketDecoder: Sendable {
    /// What a peer may make the decoder hold.
    public struct Limits: Sendable, Equatable {
        /// How many binary attachments a packet may have. Default 10, that of the official server.
        public var maxAttachments: Int
        /// How large a packet may be, in bytes: its text, without the Engine.IO prefix, and its attachments. Default
        /// 1,000,000.
        public var maxPayloadBytes: Int
        /// How many arrays and objects may be open inside one another in the JSON. Default 128.
        public var maxDepth: Int

        /// Limits with the defaults of the properties where nothing else is given.
        public init(
            maxAttachments: Int = 10,
            maxPayloadBytes: Int = 1_000_000,
            maxDepth: Int = JSONFragment.defaultMaxDepth
        ) {
            self.maxAttachments = maxAttachments
            self.maxPayloadBytes = maxPayloadBytes
            self.maxDepth = maxDepth
        }
    }

    /// A binary packet whose attachments have not all arrived.
    private struct Incomplete: Sendable {
        var packet: SocketPacket
        let attachments: Int
        var bytes: Int
    }

    /// What a peer may make the decoder hold.
    public let limits: Limits
    private var incomplete: Incomplete?
    /// The namespace of the last packet, to be shared by the next: a client uses few, and names above 15 bytes
    /// allocate.
    private var lastNamespace = "/"

    /// - Parameter limits: what a peer may make the decoder hold; each has a default.
    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// How many attachments are still to come before the current packet is complete.
    public var outstandingAttachments: Int {
        incomplete.map { $0.attachments - $0.packet.attachments.count } ?? 0
    }

    /// Takes a text message.
    ///
    /// - Parameter text: the packet, without the Engine.IO prefix `4`. The packet returned shares its storage.
    /// - Returns: the packet, or `nil` if it has attachments, which follow as binary messages.
    /// - Throws: why the packet is refused; close the connection.
    public mutating func receive(text: ByteBuffer) throws(SocketPacketError) -> SocketPacket? {
        guard incomplete == nil else {
            let found = "a text packet"
            throw reset(.unexpectedText, "text before all attachments arrived", expected: "an attachment", found: found)
        }
        try checkSize(text.readableBytes)
        let (packet, attachments) = try SocketPacketParser.parse(text, limits: limits, reusing: lastNamespace)
        // Not a name of any length: a client would otherwise decide how much each connection holds on to.
        if packet.namespace.utf8.count <= 256 { lastNamespace = packet.namespace }
        guard attachments > 0 else { return packet }
        incomplete = Incomplete(packet: packet, attachments: attachments, bytes: text.readableBytes)
        return nil
    }

    /// Takes a binary message: the next attachment of the current packet.
    ///
    /// - Parameter binary: the attachment. The packet returned shares its storage.
    /// - Returns: the packet, if this was its last attachment.
    /// - Throws: why it is refused; close the connection.
    public mutating func receive(binary: ByteBuffer) throws(SocketPacketError) -> SocketPacket? {
        guard let bytes = incomplete?.bytes else {
            let found = "an attachment"
            throw reset(.unexpectedBinary, "attachment without a packet", expected: "a text packet", found: found)
        }
        try checkSize(binary.readableBytes, held: bytes)
        incomplete?.bytes = bytes + binary.readableBytes
        incomplete?.packet.attachments.append(binary)
        guard outstandingAttachments == 0 else { return nil }
        defer { incomplete = nil }
        return incomplete?.packet
    }

    /// `held` never exceeds the limit, so the difference cannot overflow, and neither can the sum of what is let
    /// through.
    private mutating func checkSize(_ size: Int, held: Int = 0) throws(SocketPacketError) {
        guard size <= limits.maxPayloadBytes - held else {
            throw reset(
                .payloadTooLarge,
                "packet too large",
                expected: "at most \(limits.maxPayloadBytes) bytes with all attachments",
                found: held == 0 ? "\(size)" : "\(size) more than the \(held) received"
            )
        }
    }

    private mutating func reset(
        _ code: SocketPacketError.Code,
        _ message: String,
        expected: String,
        found: String
    ) -> SocketPacketError {
        incomplete = nil
        return SocketPacketError(code: code, message: message, expected: expected, found: found, offset: 0)
    }
}
