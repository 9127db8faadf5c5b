import NIOCore

/// Base64 as long-polling uses it, and the command line (RFC 4648, section 4): the standard alphabet, with padding.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let invalid: UInt8 = 0xFF
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    static func encodedSize(_ count: Int) -> Int {
        (count + 2) / 3 * 4
    }

    package static func encode(_ bytes: ByteBuffer, to output: inout ByteBuffer) {
        output.reserveCapacity(minimumWritableBytes: encodedSize(bytes.readableBytes))
        _ = bytes.withUnsafeReadableBytes { input in
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: encodedSize(input.count)) { target in
                alphabet.withUnsafeBufferPointer { encode(input, to: target, alphabet: $0) }
            }
        }
    }

    private static func encode(
        _ input: UnsafeRawBufferPointer,
        to target: UnsafeMutableRawBufferPointer,
        alphabet: UnsafeBufferPointer<UInt8>
    ) -> Int {
        var read = 0
        var written = 0
        while read < input.count {
            let available = min(3, input.count - read)
            var group = UInt32(input[read]) << 16
            if available > 1 { group |= UInt32(input[read + 1]) << 8 }
            if available > 2 { group |= UInt32(input[read + 2]) }
            for position in 0..<4 {
                let index = Int(group >> UInt32(18 - 6 * position)) & 0x3F
                target[written + position] = position <= available ? alphabet[index] : UInt8(ascii: "=")
            }
            read += available
            written += 4
        }
        return written
    }

    /// The decoded bytes; nil if `text` is anything but base64 with at most its own padding.
    static func decode(_ text: ByteBuffer) -> ByteBuffer? {
        var digits = text
        // The reference client pads; other encoders leave the padding out, and nothing is ambiguous without it.
        for _ in 0..<2 where digits.readableBytes > 0 && digits.readableBytesView.last == UInt8(ascii: "=") {
            digits.moveWriterIndex(to: digits.writerIndex - 1)
        }
        let isPadded = digits.readableBytes < text.readableBytes
        guard digits.readableBytes % 4 != 1, !isPadded || text.readableBytes % 4 == 0 else { return nil }
        var output = ByteBufferAllocator().buffer(capacity: digits.readableBytes / 4 * 3 + 2)
        let complete = digits.withUnsafeReadableBytes { input in
            values.withUnsafeBufferPointer { values in
                var valid = true
                output.writeWithUnsafeMutableBytes(minimumWritableBytes: input.count / 4 * 3 + 2) { target in
                    guard let written = decode(input, to: target, values: values) else {
                        valid = false
                        return 0
                    }
                    return written
                }
                return valid
            }
        }
        return complete ? output : nil
    }

    private static func decode(
        _ input: UnsafeRawBufferPointer,
        to target: UnsafeMutableRawBufferPointer,
        values: UnsafeBufferPointer<UInt8>
    ) -> Int? {
        var group: UInt32 = 0
        var digits = 0
        var written = 0
        for byte in input {
            let value = values[Int(byte)]
            if value == invalid { return nil }
            group = group << 6 | UInt32(value)
            digits += 1
            if digits == 4 {
                target[written] = UInt8(truncatingIfNeeded: group >> 16)
                target[written + 1] = UInt8(truncatingIfNeeded: group >> 8)
                target[written + 2] = UInt8(truncatingIfNeeded: group)
                written += 3
                digits = 0
                group = 0
            }
        }
        if digits == 2 {
            target[written] = UInt8(truncatingIfNeeded: group >> 4)
            written += 1
        } else if digits == 3 {
            target[written] = UInt8(truncatingIfNeeded: group >> 10)
            target[written + 1] = UInt8(truncatingIfNeeded: group >> 2)
            written += 2
        }
        return written
    }
}
