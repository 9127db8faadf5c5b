import NIOCore
import StreamFenceTestSupport
import Testing

@testable import StreamFenceEngineIO

@Suite("UTF-8 validation")
struct UTF8ValidationTests {
    /// The ends of every row of table 3-7 of Unicode 15.
    static let wellFormed: [[UInt8]] = [
        [], [0x00], [0x7F],
        [0xC2, 0x80], [0xDF, 0xBF],
        [0xE0, 0xA0, 0x80], [0xE0, 0xBF, 0xBF],
        [0xE1, 0x80, 0x80], [0xEC, 0xBF, 0xBF],
        [0xED, 0x80, 0x80], [0xED, 0x9F, 0xBF],
        [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBF],
        [0xF0, 0x90, 0x80, 0x80], [0xF0, 0xBF, 0xBF, 0xBF],
        [0xF1, 0x80, 0x80, 0x80], [0xF3, 0xBF, 0xBF, 0xBF],
        [0xF4, 0x80, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
    ]
    static let illFormed: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
        // Cut short.
        [0xC2], [0xE1, 0x80], [0xE1], [0xF1, 0x80, 0x80], [0xF1, 0x80], [0xF1],
        // Overlong forms, surrogates, beyond U+10FFFF.
        [0xE0, 0x9F, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
        // Something else where a continuation byte has to be.
        [0xC2, 0x7F], [0xC2, 0xC0], [0xE1, 0x80, 0x7F], [0xE1, 0xC0, 0x80], [0xF1, 0x80, 0x80, 0x7F],
        [0xF1, 0x80, 0xC0, 0x80], [0xF1, 0x41, 0x80, 0x80],
    ]

    @Test("Well-formed sequences are accepted wherever they stand", arguments: wellFormed)
    func accepts(bytes: [UInt8]) {
        for offset in 0...17 {
            let padded = [UInt8](repeating: 0x61, count: offset) + bytes
            #expect(ByteBuffer(bytes: padded).isValidUTF8)
            #expect(ByteBuffer(bytes: padded + [UInt8](repeating: 0x61, count: 9)).isValidUTF8)
        }
    }

    @Test("Ill-formed sequences are refused wherever they stand", arguments: illFormed)
    func refuses(bytes: [UInt8]) {
        for offset in 0...17 {
            let padded = [UInt8](repeating: 0x61, count: offset) + bytes
            #expect(!ByteBuffer(bytes: padded).isValidUTF8)
            #expect(!ByteBuffer(bytes: padded + [UInt8](repeating: 0x61, count: 9)).isValidUTF8)
        }
    }

    @Test("Random bytes are judged as the standard library judges them")
    func random() {
        let seed = printedSeed()
        var generator = SeededGenerator(seed: seed)
        let interesting: [UInt8] = [
            0x00, 0x61, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC2, 0xE0, 0xE1, 0xED, 0xF0, 0xF1, 0xF4,
        ]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                interesting.randomElement(using: &generator) ?? 0
            }
            let expected = String(validating: bytes, as: UTF8.self) != nil
            #expect(ByteBuffer(bytes: bytes).isValidUTF8 == expected, "\(bytes), seed \(seed)")
        }
    }
}
