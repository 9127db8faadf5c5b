/// Why a sequence of bytes is not a JSON document: what was expected, what was found, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A stable name for the kind of mistake. Open: later versions may add more.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name, as it stands in logs and metrics.
        public let rawValue: String

        /// - Parameter rawValue: lower case, with hyphens, as the codes below.
        public init(_ rawValue: String) {
            self.rawValue = rawValue
        }

        /// The same as ``rawValue``.
        public var description: String { rawValue }

        /// A byte that the grammar does not allow in this place.
        public static let unexpectedByte = Code("unexpected-byte")
        /// The bytes end inside a value, or there are none.
        public static let unexpectedEnd = Code("unexpected-end")
        /// A string holds bytes that are not UTF-8: overlong forms and encoded surrogates included.
        public static let invalidUTF8 = Code("invalid-utf8")
        /// A string holds an unescaped character below U+0020.
        public static let controlCharacter = Code("control-character")
        /// A backslash is followed by something other than the escapes of RFC 8259, section 7.
        public static let invalidEscape = Code("invalid-escape")
        /// A number that breaks the grammar of RFC 8259, section 6.
        public static let invalidNumber = Code("invalid-number")
        /// More arrays and objects inside one another than the limit allows.
        public static let tooDeep = Code("too-deep")
        /// Something other than white space follows the value.
        public static let trailingBytes = Code("trailing-bytes")
    }

    /// The kind of mistake.
    public let code: Code
    /// What the grammar, or the limit, asks for at this place.
    public let expected: String
    /// What stands there instead; at most one byte of the input is quoted, and only if it is printable ASCII.
    public let found: String
    /// The place, in bytes from the start of the document.
    public let offset: Int

    /// The parameters are the properties.
    public init(code: Code, expected: String, found: String, offset: Int) {
        self.code = code
        self.expected = expected
        self.found = found
        self.offset = offset
    }

    /// One line: `expected a value, found "]" at byte 3`.
    public var description: String {
        "expected \(expected), found \(found) at byte \(offset)"
    }
}

/// How a byte of input is named in an error. Input is hostile: nothing but printable ASCII reaches a log.
func describe(byte: UInt8?) -> String {
    guard let byte else { return "the end" }
    if byte == UInt8(ascii: "\"") { return "a quotation mark" }
    if byte > 0x20, byte < 0x7F { return "\"\(Character(Unicode.Scalar(byte)))\"" }
    let digits = String(byte, radix: 16, uppercase: true)
    return byte < 0x10 ? "byte 0x0\(digits)" : "byte 0x\(digits)"
}
