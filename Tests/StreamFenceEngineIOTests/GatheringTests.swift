import NIOCore
import NIOEmbedded
import StreamFenceTestSupport
import Testing

@testable import StreamFenceEngineIO

@Suite("Gathering what a tick sends")
struct GatheringTests {
    @Test("Several small messages of one tick leave in one write, in order")
    func oneWrite() throws {
        let stage = Stage()
        let client = try stage.openWebSocket()
        stage.application.send("one", "two", "three")
        #expect(try client.writes().isEmpty, "not before the tick ends")
        stage.tick()
        let writes = try client.writes()
        #expect(writes.count == 1)
        #expect(
            writes.first == EncodedMessage.text("one").frames + EncodedMessage.text("two").frames
                + EncodedMessage.text("three").frames
        )
    }

    @Test("A message that leaves alone is not copied")
    func single() throws {
        let stage = Stage()
        let client = try stage.openWebSocket()
        let message = EncodedMessage.text("alone")
        stage.application.session?.send(message)
        stage.tick()
        #expect(try client.writes().map(\.address) == [message.frames.address])
    }

    @Test("A large message between small ones is not copied and keeps its place")
    func large() throws {
        let stage = Stage()
        let client = try stage.openWebSocket()
        let (small, large) = (EncodedMessage.text("small"), EncodedMessage.text(20_000))
        for message in [small, small, large, small, small] { stage.application.session?.send(message) }
        stage.tick()
        let writes = try client.writes()
        try #require(writes.map(\.readableBytes) == [small.count * 2, large.count, small.count * 2])
        #expect(writes[1].address == large.frames.address)
    }

    @Test("Whatever sizes follow each other, the order is kept")
    func order() throws {
        let seed = printedSeed()
        var generator = SeededGenerator(seed: seed)
        let stage = Stage { $0.maxBufferedBytes = .max }
        let client = try stage.openWebSocket()
        for _ in 0..<30 {
            var expected = ByteBuffer()
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                let size = [3, 200, 5_000, 16_383, 16_384, 70_000].randomElement(using: &generator) ?? 0
                let byte = UInt8.random(in: 0x61...0x7A, using: &generator)
                let message = EncodedMessage(text: ByteBuffer(repeating: byte, count: size))
                expected.writeImmutableBuffer(message.frames)
                stage.application.session?.send(message)
            }
            stage.tick()
            #expect(try client.bytes() == expected, "seed \(seed)")
        }
    }

    @Test("Messages are shared, not changed: each client gets the same bytes")
    func shared() throws {
        let stage = Stage()
        let (one, two) = (try stage.openWebSocket(), try stage.openWebSocket())
        let messages = [EncodedMessage.text("a"), .text("b")]
        for application in stage.applications { messages.forEach { application.session?.send($0) } }
        stage.tick()
        #expect(try one.frames() == ["4a", "4b"])
        #expect(try two.frames() == ["4a", "4b"])
        #expect(messages[0].frames.readableBytes == 4)
    }
}

private func + (lhs: ByteBuffer, rhs: ByteBuffer) -> ByteBuffer {
    var sum = lhs
    sum.writeImmutableBuffer(rhs)
    return sum
}
