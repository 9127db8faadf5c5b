import NIOCore
import StreamFenceDelivery
import StreamFenceEngineIO

/// Writes messages to spill stores as the frames they were encoded to, so that they leave as they would have left.
struct EncodedMessageCodec: MessageContentCodec {
    func encode(_ content: any MessageContent, into bytes: inout [UInt8]) {
        EncodedMessage.of(content).frames.withUnsafeReadableBytes { bytes.append(contentsOf: $0) }
    }

    func decode(_ bytes: ArraySlice<UInt8>) -> (any MessageContent)? {
        EncodedMessage(frames: ByteBuffer(bytes: bytes))
    }
}
