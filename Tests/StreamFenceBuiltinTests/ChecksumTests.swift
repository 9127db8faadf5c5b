import Testing

@testable import StreamFenceBuiltin

@Suite("Checksums and encodings of spilled records")
struct ChecksumTests {
    private static let published: [(bytes: [UInt8], checksum: UInt32)] = [
        (Array("123456789".utf8), 0xE306_9283),
        (Array(repeating: 0x00, count: 32), 0x8A91_36AA),
        (Array(repeating: 0xFF, count: 32), 0x62A8_AB43),
        (Array(0...31), 0x46DD_794E),
        (Array((0...31).reversed()), 0x113F_DB5C),
        ([], 0),
    ]

    @Test("CRC-32C gives what RFC 3720 says", arguments: published)
    func crc(vector: (bytes: [UInt8], checksum: UInt32)) {
        #expect(CRC32C.checksum(vector.bytes) == vector.checksum)
    }

    @Test("CRC-32C goes on from any point")
    func crcInParts() {
        let bytes = (0..<100).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let whole = CRC32C.checksum(bytes)
        for cut in 0...100 {
            let checksum = bytes.withUnsafeBytes { bytes in
                CRC32C.checksum(.init(rebasing: bytes[cut...]), after: CRC32C.checksum(.init(rebasing: bytes[..<cut])))
            }
            #expect(checksum == whole)
        }
    }

    @Test(
        "SHA-256 gives what FIPS 180-4 says",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                String(repeating: "a", count: 1_000),
                "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"
            ),
        ]
    )
    func sha(text: String, expected: String) {
        #expect(SHA256.hexadecimal(text.utf8) == expected)
    }

    @Test(
        "Base64 gives what RFC 4648 says",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"), ("\u{0}", "AA=="),
        ]
    )
    func base64(plain: String, encoded: String) {
        var text: [UInt8] = []
        Base64.encode(Array(plain.utf8), to: &text)
        #expect(text == Array(encoded.utf8))
        #expect(Base64.decode(text[...]) == Array(plain.utf8))
    }

    @Test(
        "Base64 refuses what it does not write",
        arguments: ["Z", "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm9v\n", "Zm9v====", "Zg==Zg==", "Zm-v", "Zm 9"]
    )
    func notBase64(text: String) {
        #expect(Base64.decode(Array(text.utf8)[...]) == nil)
    }
}
