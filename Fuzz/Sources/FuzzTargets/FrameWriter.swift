import NIOCore
import StreamFenceEngineIO

/// Writes events as the other side of a decoder would send them (RFC 6455, section 5.2).
struct FrameWriter {
    private(set) var bytes = ByteBuffer()
    private let mask: UInt32?
    private let fragment: Int

    /// - Parameters:
    ///   - role: of the decoder that is to read the frames; those for a server are masked.
    ///   - fragment: the most a data frame carries, in bytes.
    init(role: WebSocketFrameDecoder.Role, mask: UInt32, fragment: Int) {
        self.mask = role == .server ? mask : nil
        self.fragment = fragment
    }

    mutating func write(_ event: WebSocketFrameDecoder.Event) {
        switch event {
        case .message(.text(let text)): writeMessage(opcode: 1, text)
        case .message(.binary(let binary)): writeMessage(opcode: 2, binary)
        case .ping(let content): writeFrame(opcode: 9, content)
        case .pong(let content): writeFrame(opcode: 10, content)
        case .close(let code): writeFrame(opcode: 8, code.map { ByteBuffer(integer: $0) } ?? ByteBuffer())
        }
    }

    private mutating func writeMessage(opcode: UInt8, _ content: ByteBuffer) {
        var rest = content
        // The other limits are for the decoder to hold; here no message may have more fragments than it allows.
        let size = max(fragment, content.readableBytes / 1000)
        var opcode = opcode
        while rest.readableBytes > size, let piece = rest.readSlice(length: size) {
            writeFrame(opcode: opcode, isFinal: false, piece)
            opcode = 0
        }
        writeFrame(opcode: opcode, rest)
    }

    private mutating func writeFrame(opcode: UInt8, isFinal: Bool = true, _ content: ByteBuffer) {
        bytes.writeInteger(opcode | (isFinal ? 0x80 : 0))
        let masked: UInt8 = mask == nil ? 0 : 0x80
        let length = content.readableBytes
        if length < 126 {
            bytes.writeInteger(masked | UInt8(length))
        } else if length < 65_536 {
            bytes.writeMultipleIntegers(masked | 126, UInt16(length))
        } else {
            bytes.writeMultipleIntegers(masked | 127, UInt64(length))
        }
        if let mask { bytes.writeInteger(mask) }
        let key = withUnsafeBytes(of: (mask ?? 0).bigEndian) { Array($0) }
        bytes.writeBytes(content.readableBytesView.enumerated().map { $1 ^ key[$0 % 4] })
    }
}
