/// Why a Socket.IO packet was refused: what was expected, what was found, and where.
///
/// Every refusal is a breach of the protocol after which the connection has to be closed, as the specification demands.
public struct SocketPacketError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A stable name for the reason. Open: later versions may add more.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name, as it stands in logs and metrics.
        public let rawValue: String

        /// - Parameter rawValue: lower case, with hyphens, as the codes below.
        public init(_ rawValue: String) {
            self.rawValue = rawValue
        }

        /// The same as ``rawValue``.
        public var description: String { rawValue }

        /// The first byte is not a packet type of Socket.IO 5.
        public static let unknownType = Code("unknown-packet-type")
        /// The count of attachments is missing, is not a number, or is not followed by a hyphen.
        public static let invalidAttachmentCount = Code("invalid-attachment-count")
        /// More attachments are announced than the limit allows.
        public static let tooManyAttachments = Code("too-many-attachments")
        /// The namespace is not UTF-8, or could not stand in a packet.
        public static let invalidNamespace = Code("invalid-namespace")
        /// The acknowledgement id does not fit in 64 bits, or is missing where one is required.
        public static let invalidID = Code("invalid-id")
        /// The data is not JSON.
        public static let invalidJSON = Code("invalid-json")
        /// The data is nested deeper than the limit allows.
        public static let tooDeep = Code("too-deep")
        /// The data is JSON, but not what a packet of this type carries.
        public static let invalidData = Code("invalid-data")
        /// The event has a name that Socket.IO keeps for itself.
        public static let reservedEvent = Code("reserved-event")
        /// The placeholders in the data do not match the attachments.
        public static let invalidPlaceholders = Code("invalid-placeholders")
        /// A text packet arrived before all attachments of the last one had.
        public static let unexpectedText = Code("unexpected-text")
        /// An attachment arrived, and no packet is waiting for one.
        public static let unexpectedBinary = Code("unexpected-binary")
        /// Text and attachments of one packet are larger than the limit.
        public static let payloadTooLarge = Code("payload-too-large")
    }

    /// The reason, for programs.
    public let code: Code
    /// The reason, for people.
    public let message: String
    /// What the protocol, or the limit, asks for.
    public let expected: String
    /// What was there instead. Never quotes more of the input than one printable byte or a reserved name.
    public let found: String
    /// The place, in bytes from the packet's type digit; 0 where the packet as a whole is refused.
    public let offset: Int

    /// The same, of a packet that was never text.
    var withoutPlace: SocketPacketError {
        SocketPacketError(code: code, message: message, expected: expected, found: found, offset: 0)
    }

    /// The parameters are the properties.
    public init(code: Code, message: String, expected: String, found: String, offset: Int) {
        self.code = code
        self.message = message
        self.expected = expected
        self.found = found
        self.offset = offset
    }

    /// One line: `unknown packet type at byte 0: expected a digit from 0 to 6, found "a"`.
    public var description: String {
        "\(message) at byte \(offset): expected \(expected), found \(found)"
    }
}
