import NIOCore
import StreamFenceEngineIO

/// RFC 6455, section 5: read from front to back, a byte at a time, and begun again where a frame is not all there.
struct ReferenceFrames {
    private var rest: ArraySlice<UInt8>
    private let settings: FrameSettings
    private var message: (isText: Bool, bytes: [UInt8], fragments: Int)?

    static func read(_ stream: [UInt8], _ settings: FrameSettings) -> FrameOutcome {
        var reader = ReferenceFrames(settings)
        reader.append(stream)
        var outcome = FrameOutcome()
        while true {
            switch reader.next() {
            case .event(let event): outcome.events.append(event)
            case .fragment: break
            case .incomplete: return outcome
            case .refused(let code):
                outcome.error = code
                return outcome
            }
        }
    }

    init(_ settings: FrameSettings) {
        rest = []
        self.settings = settings
    }

    /// Takes more of the stream.
    mutating func append(_ bytes: some Sequence<UInt8>) {
        rest += bytes
    }

    /// Whether nothing is left.
    var isAtEnd: Bool { rest.isEmpty }

    /// The next frame. One that is not all there leaves everything as it was.
    mutating func next() -> Step {
        var attempt = self
        let step = attempt.frame()
        if case .incomplete = step { return step }
        self = attempt
        return step
    }

    enum Step {
        case event(WebSocketFrameDecoder.Event)
        /// A frame that does not end its message.
        case fragment
        /// The stream ends in the midst of a frame.
        case incomplete
        case refused(EngineIOError.Code)
    }

    private mutating func integer(bytes: Int) -> UInt64? {
        guard rest.count >= bytes else { return nil }
        defer { rest = rest.dropFirst(bytes) }
        return rest.prefix(bytes).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func frame() -> Step {
        // The first two bytes are judged together, and before any that follow.
        guard let head = integer(bytes: 2).map(Int.init) else { return .incomplete }
        let (isFinal, opcode, isMasked) = (head & 0x8000 != 0, head >> 8 & 0x0F, head & 0x80 != 0)
        guard head & 0x7000 == 0, [0, 1, 2, 8, 9, 10].contains(opcode) else { return .refused(.invalidFrame) }

        var length = UInt64(head & 0x7F)
        if length >= 126 {
            guard let long = integer(bytes: length == 126 ? 2 : 8) else { return .incomplete }
            length = long
        }
        guard length <= UInt64(Int.max) else { return .refused(.invalidFrame) }
        guard let mask = isMasked ? integer(bytes: 4) : 0 else { return .incomplete }

        guard isMasked == (settings.role == .server) else { return .refused(.invalidFrame) }
        if opcode >= 8 {
            guard isFinal, length <= 125 else { return .refused(.invalidFrame) }
        } else if let refusal = begin(opcode: opcode, length: length) {
            return .refused(refusal)
        }

        guard rest.count >= length else { return .incomplete }
        let payload = rest.prefix(Int(length)).enumerated().map { index, byte in
            byte ^ UInt8(truncatingIfNeeded: mask >> UInt64(24 - index % 4 * 8))
        }
        rest = rest.dropFirst(payload.count)
        switch opcode {
        case 8: return close(payload)
        case 9: return .event(.ping(ByteBuffer(bytes: payload)))
        case 10: return .event(.pong(ByteBuffer(bytes: payload)))
        default: return data(payload, isFinal: isFinal)
        }
    }

    /// A data frame's header: whether it may stand here, and whether its message would be too large.
    private mutating func begin(opcode: Int, length: UInt64) -> EngineIOError.Code? {
        guard (opcode == 0) == (message != nil) else { return .invalidFrame }
        var current = message ?? (isText: opcode == 1, bytes: [], fragments: 0)
        current.fragments += 1
        message = current
        let received = UInt64(current.bytes.count)
        guard received + length <= UInt64(settings.maxMessageBytes) else { return .payloadTooLarge }
        return current.fragments <= settings.maxFragments ? nil : .tooManyFrames
    }

    private mutating func data(_ payload: [UInt8], isFinal: Bool) -> Step {
        message?.bytes += payload
        guard isFinal, let whole = message else { return .fragment }
        message = nil
        let bytes = ByteBuffer(bytes: whole.bytes)
        guard whole.isText else { return .event(.message(.binary(bytes))) }
        return bytes.isValidText ? .event(.message(.text(bytes))) : .refused(.invalidUTF8)
    }

    private func close(_ payload: [UInt8]) -> Step {
        if payload.isEmpty { return .event(.close(code: nil)) }
        guard payload.count >= 2, ByteBuffer(bytes: payload.dropFirst(2)).isValidText else {
            return .refused(.invalidFrame)
        }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        let isRegistered = (1000...1014).contains(code) && !(1004...1006).contains(code)
        let mayBeSent = isRegistered || (3000..<5000).contains(code)
        return mayBeSent ? .event(.close(code: code)) : .refused(.invalidFrame)
    }
}
