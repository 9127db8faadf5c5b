import NIOCore
import Testing

@testable import StreamFenceEngineIO

@Suite("Base64 of long-polling")
struct Base64Tests {
    /// RFC 4648, section 10, and bytes that need the last two characters of the alphabet.
    static let vectors: [(bytes: [UInt8], text: String)] = [
        ([], ""),
        (Array("f".utf8), "Zg=="),
        (Array("fo".utf8), "Zm8="),
        (Array("foo".utf8), "Zm9v"),
        (Array("foob".utf8), "Zm9vYg=="),
        (Array("fooba".utf8), "Zm9vYmE="),
        (Array("foobar".utf8), "Zm9vYmFy"),
        ([0xFB, 0xEF, 0xFF], "++//"),
        ([0x00, 0xFF, 0x00], "AP8A"),
    ]

    @Test("Bytes encode to the vectors of RFC 4648 and decode back", arguments: vectors)
    func vector(bytes: [UInt8], text: String) {
        var encoded = ByteBuffer(string: "before:")
        Base64.encode(ByteBuffer(bytes: bytes), to: &encoded)
        #expect(String(buffer: encoded) == "before:" + text)
        #expect(Base64.encodedSize(bytes.count) == text.utf8.count)
        #expect(Base64.decode(ByteBuffer(string: text)) == ByteBuffer(bytes: bytes))
    }

    @Test("Padding may be left out", arguments: vectors)
    func withoutPadding(bytes: [UInt8], text: String) {
        #expect(Base64.decode(ByteBuffer(string: text.filter { $0 != "=" })) == ByteBuffer(bytes: bytes))
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "Z", "Zm9vY", "Zg=", "Zm8==", "=", "==", "====", "Z===", "Zg==Zg==", "Zm=v", "Zm9v\n", " Zm9v", "Zm9-",
            "Zm9_", "Zm9é", "Zm9v\0",
        ]
    )
    func refused(text: String) {
        #expect(Base64.decode(ByteBuffer(string: text)) == nil)
    }

    @Test("Every length up to a few groups survives the way there and back")
    func lengths() {
        for count in 0...67 {
            let bytes = ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 41 &+ 7) })
            var encoded = ByteBuffer()
            Base64.encode(bytes, to: &encoded)
            #expect(Base64.decode(encoded) == bytes, "\(count) bytes")
        }
    }
}
