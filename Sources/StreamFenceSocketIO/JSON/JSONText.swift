/// Turns the content of a validated JSON string, what stands between its quotation marks, into text.
enum JSONText {
    /// The text; each lone half of a surrogate pair becomes U+FFFD.
    static func decode(_ content: UnsafeRawBufferPointer) -> String {
        guard content.contains(UInt8(ascii: "\\")) else { return String(decoding: content, as: UTF8.self) }
        // Every escape is longer than the character it stands for, so the escaped length is room enough.
        return String(unsafeUninitializedCapacity: content.count) { room in
            unescape(content, into: room)
        }
    }

    /// Whether the text is `other`, without building a string unless it holds escapes.
    static func isEqual(_ content: UnsafeRawBufferPointer, to other: String) -> Bool {
        if content.contains(UInt8(ascii: "\\")) { return decode(content).utf8.elementsEqual(other.utf8) }
        return content.count == other.utf8.count && content.elementsEqual(other.utf8)
    }

    /// - Returns: how many bytes were written.
    private static func unescape(_ content: UnsafeRawBufferPointer, into room: UnsafeMutableBufferPointer<UInt8>) -> Int
    {
        var written = 0
        func write(_ byte: UInt8) {
            guard written < room.count else { return }
            room[written] = byte
            written += 1
        }
        var position = 0
        while position < content.count {
            let byte = content[position]
            position += 1
            guard byte == UInt8(ascii: "\\"), position < content.count else {
                write(byte)
                continue
            }
            let escape = content[position]
            position += 1
            switch escape {
            case UInt8(ascii: "b"): write(0x08)
            case UInt8(ascii: "f"): write(0x0C)
            case UInt8(ascii: "n"): write(0x0A)
            case UInt8(ascii: "r"): write(0x0D)
            case UInt8(ascii: "t"): write(0x09)
            case UInt8(ascii: "u"): UTF8.encode(scalar(in: content, at: &position))?.forEach(write)
            default: write(escape)
            }
        }
        return written
    }

    /// The character named by the four digits at `position`, together with the escape after it if the two are a pair.
    private static func scalar(in content: UnsafeRawBufferPointer, at position: inout Int) -> Unicode.Scalar {
        let first = codeUnit(in: content, at: position)
        position += 4
        if UTF16.isLeadSurrogate(first), position + 6 <= content.count, content[position] == UInt8(ascii: "\\"),
            content[position + 1] == UInt8(ascii: "u")
        {
            let second = codeUnit(in: content, at: position + 2)
            if UTF16.isTrailSurrogate(second) {
                position += 6
                return UTF16.decode(UTF16.EncodedScalar([first, second]))
            }
        }
        return Unicode.Scalar(first) ?? "\u{FFFD}"
    }

    private static func codeUnit(in content: UnsafeRawBufferPointer, at position: Int) -> UInt16 {
        guard position + 4 <= content.count else { return 0xFFFD }
        var unit: UInt16 = 0
        for byte in content[position..<(position + 4)] { unit = unit << 4 | (JSONBytes.hexValue(byte) ?? 0) }
        return unit
    }
}
