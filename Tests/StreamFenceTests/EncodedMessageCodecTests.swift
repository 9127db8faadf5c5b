import NIOCore
import StreamFenceDelivery
import StreamFenceEngineIO
import Testing

@testable import StreamFence

@Suite("Messages as spill stores keep them")
struct EncodedMessageCodecTests {
    private let codec = EncodedMessageCodec()

    private func bytes(_ message: EncodedMessage) -> [UInt8] {
        var bytes: [UInt8] = [7]
        codec.encode(message, into: &bytes)
        #expect(bytes.first == 7)
        return Array(bytes.dropFirst())
    }

    @Test(
        "A message comes back as it was, for websockets and for polling, whatever its size",
        arguments: [0, 125, 126, 70_000]
    )
    func roundTrip(size: Int) throws {
        let text = ByteBuffer(repeating: UInt8(ascii: "x"), count: size)
        for attachments in [[], [ByteBuffer(bytes: [0, 1, 255])], [text, ByteBuffer()]] {
            let message = EncodedMessage(text: text, attachments: attachments)
            let back = EncodedMessage.of(try #require(codec.decode(bytes(message)[...])))
            #expect(back.frames == message.frames)
            #expect(back.pollingPayload == message.pollingPayload)
            #expect(back.count == message.count)
        }
    }

    @Test("Bytes cut short, or of anything else, are none")
    func damaged() {
        let whole = bytes(EncodedMessage(text: ByteBuffer(string: "hello"), attachments: [ByteBuffer(bytes: [1, 2])]))
        // Cut right behind the text, it is a whole message without attachments.
        for length in 0..<whole.count where length != 8 { #expect(codec.decode(whole.prefix(length)) == nil) }
        #expect(codec.decode((whole + [0])[...]) == nil)
        #expect(codec.decode([0x82, 0][...]) == nil)
        #expect(codec.decode([0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255][...]) == nil)
    }
}
