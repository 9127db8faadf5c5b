/// Walks bytes that `JSONScanner` has accepted, checking nothing a second time.
///
/// On other bytes its answers are meaningless, but it neither reads past the end nor fails to move on: a mistake in
/// this module must not become a hole in the server.
struct JSONCursor {
    let bytes: UnsafeRawBufferPointer
    var position: Int

    init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    @inline(__always)
    func peek() -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    @inline(__always)
    mutating func skipWhitespace() {
        while position < bytes.count, JSONBytes.isWhitespace(bytes[position]) { position += 1 }
    }

    /// Moves past `byte` and the white space around it.
    ///
    /// - Returns: whether it was there.
    @inline(__always)
    mutating func skip(_ byte: UInt8) -> Bool {
        skipWhitespace()
        guard peek() == byte else { return false }
        position += 1
        skipWhitespace()
        return true
    }

    /// Moves past the string that begins here.
    ///
    /// - Returns: where its content stands, without the quotation marks.
    mutating func skipString() -> Range<Int> {
        let start = min(position + 1, bytes.count)
        position = start
        while true {
            position = JSONBytes.firstQuoteOrBackslash(in: bytes, from: position)
            guard let byte = peek() else { return start..<position }
            if byte == UInt8(ascii: "\"") {
                position += 1
                return start..<(position - 1)
            }
            position = min(position + 2, bytes.count)
        }
    }

    /// Moves past the value that begins here.
    ///
    /// - Returns: where it stands.
    mutating func skipValue() -> Range<Int> {
        let start = position
        var depth = 0
        repeat {
            switch peek() {
            case UInt8(ascii: "\""):
                _ = skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                position += 1
            case .some where depth > 0:
                position += 1
            case .some:
                skipScalar()
            case nil:
                return start..<position
            }
        } while depth > 0
        return start..<position
    }

    /// Moves past a number or a literal, and by at least one byte.
    private mutating func skipScalar() {
        repeat { position += 1 } while position < bytes.count && !endsScalar(bytes[position])
    }

    private func endsScalar(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: ":")
            || JSONBytes.isWhitespace(byte)
    }
}
