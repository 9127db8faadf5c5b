import NIOCore
import StreamFenceEngineIO

/// How an input wants its frames decoded; from its first bytes, of which all values mean something.
struct FrameSettings {
    var role = WebSocketFrameDecoder.Role.server
    /// In bytes. `Int.max` is among the choices: a decoder that reserved what is only announced would run out of memory.
    var maxMessageBytes = Int.max
    var maxFragments = 10_000
    /// The mask for what is encoded again; 0 leaves the bytes as they are.
    var mask: UInt32 = 0
    /// The size of a fragment of what is encoded again, in bytes.
    var fragment = Int.max
    /// The sizes of the first chunks, in bytes, repeated for the rest of the stream.
    private var chunkSizes: [Int] = []

    private static let messageLimits = [1000, Int.max, 0, 1, 16, 125, 126, 65_536]
    private static let fragmentLimits = [10_000, 1, 2, 4]

    init(role: WebSocketFrameDecoder.Role) {
        self.role = role
    }

    /// - Parameter input: what remains of it is the stream.
    ///
    /// One byte: role (1 bit), limit of a message (3 bits), of its fragments (2 bits). One byte: the size of a fragment
    /// (4 bits), whether to mask (1 bit), the number of chunk sizes (3 bits). Then these, one byte each.
    init(_ input: inout Slice<UnsafeRawBufferPointer>) {
        let limits = Int(input.popFirst() ?? 0)
        role = limits & 1 == 0 ? .server : .client
        maxMessageBytes = Self.messageLimits[limits >> 1 & 7]
        maxFragments = Self.fragmentLimits[limits >> 4 & 3]
        let shape = Int(input.popFirst() ?? 0)
        fragment = shape & 0x0F == 0 ? Int.max : shape & 0x0F
        mask = shape & 0x10 == 0 ? 0 : 0x1234_ABCD
        for _ in 0..<(shape >> 5) {
            chunkSizes.append(Int(input.popFirst() ?? 0))
        }
    }

    /// The stream in pieces. A chunk of nothing is delivered as such, as a channel may.
    func chunks(of stream: [UInt8]) -> [ByteBuffer] {
        // Nothing but empty chunks would never end: those are followed by all the rest.
        let sizes = chunkSizes.contains { $0 > 0 } ? chunkSizes : chunkSizes + [stream.count + 1]
        var chunks: [ByteBuffer] = []
        var rest = stream[...]
        while !rest.isEmpty {
            let chunk = rest.prefix(sizes[chunks.count % sizes.count])
            chunks.append(ByteBuffer(surrounded: chunk))
            rest = rest.dropFirst(chunk.count)
        }
        return chunks
    }
}
