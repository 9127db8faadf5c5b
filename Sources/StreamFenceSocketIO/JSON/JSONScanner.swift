/// Decides whether bytes are one JSON value, in a single pass and without building anything.
///
/// 1. The grammar is that of [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), strictly: no comments, no trailing
///    commas, no byte order mark, no `NaN`; white space around the value is allowed.
/// 2. Strings are UTF-8. A `\u` escape may name half a surrogate pair: the grammar allows it, and whoever unescapes the
///    string reads U+FFFD.
/// 3. Depth is limited, and kept in `JSONNesting` rather than on the machine stack.
///
/// What it accepts can be relayed byte for byte, and `JSONCursor` may walk it without checking again.
struct JSONScanner {
    let bytes: UnsafeRawBufferPointer
    /// How many arrays and objects may be open at once.
    let maxDepth: Int
    var position = 0
    private var nesting = JSONNesting()

    init(_ bytes: UnsafeRawBufferPointer, maxDepth: Int) {
        self.bytes = bytes
        self.maxDepth = maxDepth
    }

    /// Scans the whole document.
    ///
    /// - Returns: where the value stands in it, without the white space around.
    mutating func scanDocument() throws(JSONError) -> Range<Int> {
        skipWhitespace()
        let start = position
        while true {
            var valueIsComplete = try scanValueStart()
            while valueIsComplete {
                guard nesting.depth > 0 else {
                    let end = position
                    skipWhitespace()
                    guard position == bytes.count else { throw error(.trailingBytes, expected: "the end") }
                    return start..<end
                }
                valueIsComplete = try scanAfterElement()
            }
        }
    }

    /// Scans a scalar, an empty container, or the opening of a container up to where its first value begins.
    ///
    /// - Returns: whether a value is complete; if not, the next one begins here.
    private mutating func scanValueStart() throws(JSONError) -> Bool {
        switch peek() {
        case UInt8(ascii: "\""):
            try scanString()
        case UInt8(ascii: "{"):
            return try scanOpening(object: true)
        case UInt8(ascii: "["):
            return try scanOpening(object: false)
        case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")):
            try scanNumber()
        case UInt8(ascii: "t"):
            try scanLiteral("true")
        case UInt8(ascii: "f"):
            try scanLiteral("false")
        case UInt8(ascii: "n"):
            try scanLiteral("null")
        default:
            throw error(.unexpectedByte, expected: "a value")
        }
        return true
    }

    private mutating func scanOpening(object: Bool) throws(JSONError) -> Bool {
        guard nesting.depth < maxDepth else {
            let found = "one more level"
            throw JSONError(code: .tooDeep, expected: "at most \(maxDepth) levels", found: found, offset: position)
        }
        nesting.open(object: object)
        position += 1
        skipWhitespace()
        if peek() == UInt8(ascii: object ? "}" : "]") {
            nesting.close()
            position += 1
            return true
        }
        if object { try scanKey(expected: "a key or \"}\"") }
        return false
    }

    /// Scans what follows an element: a comma and, in an object, the next key; or the end of the container.
    ///
    /// - Returns: whether that completed the container, which is itself a value.
    private mutating func scanAfterElement() throws(JSONError) -> Bool {
        skipWhitespace()
        let inObject = nesting.isInObject
        switch peek() {
        case UInt8(ascii: ","):
            position += 1
            skipWhitespace()
            if inObject { try scanKey(expected: "a key") }
            return false
        case UInt8(ascii: "}") where inObject, UInt8(ascii: "]") where !inObject:
            position += 1
            nesting.close()
            return true
        default:
            throw error(.unexpectedByte, expected: inObject ? "\",\" or \"}\"" : "\",\" or \"]\"")
        }
    }

    /// Scans `"key":` and the white space up to the value.
    private mutating func scanKey(expected: String) throws(JSONError) {
        guard peek() == UInt8(ascii: "\"") else { throw error(.unexpectedByte, expected: expected) }
        try scanString()
        skipWhitespace()
        guard peek() == UInt8(ascii: ":") else { throw error(.unexpectedByte, expected: "\":\"") }
        position += 1
        skipWhitespace()
    }

    private mutating func scanLiteral(_ literal: StaticString) throws(JSONError) {
        let expected = UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
        for byte in expected {
            guard peek() == byte else { throw error(.unexpectedByte, expected: "\"\(literal)\"") }
            position += 1
        }
    }

    @inline(__always)
    func peek() -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    @inline(__always)
    private mutating func skipWhitespace() {
        while position < bytes.count, JSONBytes.isWhitespace(bytes[position]) { position += 1 }
    }

    /// An error at the current position. At the end of the bytes the code is `unexpectedEnd`, whatever was looked for.
    func error(_ code: JSONError.Code, expected: String) -> JSONError {
        let byte = peek()
        return JSONError(
            code: byte == nil ? .unexpectedEnd : code,
            expected: expected,
            found: describe(byte: byte),
            offset: position
        )
    }
}
