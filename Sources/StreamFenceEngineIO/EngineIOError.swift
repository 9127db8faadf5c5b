/// What a peer did wrong, with a stable code.
public struct EngineIOError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A stable name for the mistake. Open: later versions may add more.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name, as it stands in logs.
        public let description: String

        /// A packet that is none of Engine.IO 4.
        public static let invalidPacket = Code(description: "invalid_packet")
        /// Text that is not UTF-8.
        public static let invalidUTF8 = Code(description: "invalid_utf8")
        /// A message or payload beyond `maxPayload`.
        public static let payloadTooLarge = Code(description: "payload_too_large")
        /// A message in more frames than ``EngineIOConfiguration/maxFramesPerMessage``.
        public static let tooManyFrames = Code(description: "too_many_frames")
        /// A websocket frame that breaks RFC 6455.
        public static let invalidFrame = Code(description: "invalid_frame")
    }

    /// The mistake, for programs.
    public let code: Code
    /// What was expected and what was found.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// One line: the code, a colon and the message.
    public var description: String { "\(code): \(message)" }
}
