/// What a peer did wrong, with a stable code.
public struct EngineIOError: Error, Sendable, Equatable, CustomStringConvertible {
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        public let description: String

        /// A packet that is none of Engine.IO 4.
        public static let invalidPacket = Code(description: "invalid_packet")
        /// Text that is not UTF-8.
        public static let invalidUTF8 = Code(description: "invalid_utf8")
        /// A message or payload beyond `maxPayload`.
        public static let payloadTooLarge = Code(description: "payload_too_large")
        /// A websocket frame that breaks RFC 6455.
        public static let invalidFrame = Code(description: "invalid_frame")
    }

    public let code: Code
    /// What was expected and what was found.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code): \(message)" }
}
