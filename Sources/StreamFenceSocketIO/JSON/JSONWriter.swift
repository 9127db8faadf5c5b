import NIOCore

extension ByteBuffer {
    /// Appends `string` as a JSON string, with its quotation marks.
    ///
    /// Escaped are the quotation mark, the backslash and the characters below U+0020; everything else stands as UTF-8
    /// ([RFC 8259, section 7](https://www.rfc-editor.org/rfc/rfc8259#section-7)).
    ///
    /// - Returns: how many bytes were written.
    @discardableResult
    public mutating func writeJSONString(_ string: String) -> Int {
        let start = writerIndex
        writeInteger(UInt8(ascii: "\""))
        if string.utf8.contains(where: needsEscape) {
            writeEscaped(string)
        } else {
            writeString(string)
        }
        writeInteger(UInt8(ascii: "\""))
        return writerIndex - start
    }

    private mutating func writeEscaped(_ string: String) {
        var rest = string.utf8[...]
        while let place = rest.firstIndex(where: needsEscape) {
            writeBytes(rest[..<place])
            writeEscape(rest[place])
            rest = rest[rest.index(after: place)...]
        }
        writeBytes(rest)
    }

    private mutating func writeEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): writeStaticString("\\\"")
        case UInt8(ascii: "\\"): writeStaticString("\\\\")
        case 0x08: writeStaticString("\\b")
        case 0x09: writeStaticString("\\t")
        case 0x0A: writeStaticString("\\n")
        case 0x0C: writeStaticString("\\f")
        case 0x0D: writeStaticString("\\r")
        default:
            writeStaticString("\\u00")
            writeInteger(hexDigit(byte >> 4))
            writeInteger(hexDigit(byte & 0x0F))
        }
    }
}

@inline(__always)
private func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
}

private func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + (value - 10)
}
