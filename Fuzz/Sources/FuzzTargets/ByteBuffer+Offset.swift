import NIOCore

extension ByteBuffer {
    /// A buffer of these bytes that starts and ends in the midst of its storage, as what arrives in a channel does: a
    /// decoder that counts from 0, or reads past the end, is found out by the bytes around.
    init(surrounded bytes: some Collection<UInt8>) {
        self.init()
        writeStaticString("[1\u{1E}")
        let start = writerIndex
        writeBytes(bytes)
        let end = writerIndex
        writeStaticString("\"]=\u{1E}")
        moveWriterIndex(to: end)
        moveReaderIndex(to: start)
    }
}
