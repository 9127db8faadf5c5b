/// JSON text (RFC 8259, nothing more) -> nodes with their lines.
///
/// Not the YAML reader: tabs may indent JSON and not YAML. Not Foundation's: it knows no lines and drops repeated keys.
struct JSONReader {
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1

    static func read(_ text: String) throws(SyntaxProblem) -> ConfigurationNode {
        var bytes = Array(text.utf8)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        var reader = JSONReader(bytes: bytes)
        reader.skipSpace()
        guard reader.peek != nil else {
            throw SyntaxProblem(line: nil, message: "expected a configuration, found an empty file")
        }
        let root = try reader.value(depth: 1)
        reader.skipSpace()
        guard reader.peek == nil else { throw reader.unexpected("the end of the file") }
        return root
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    // MARK: - Values

    private mutating func value(depth: Int) throws(SyntaxProblem) -> ConfigurationNode {
        guard depth <= ConfigurationNode.deepest else { throw ConfigurationNode.tooDeep(line) }
        let start = line
        switch peek {
        case UInt8(ascii: "{"):
            return try ConfigurationNode(line: start, section: section(depth: depth))
        case UInt8(ascii: "["):
            return try ConfigurationNode(line: start, list: list(depth: depth))
        case UInt8(ascii: "\""):
            let scalar = ConfigurationNode.Scalar(text: try string(), form: .quoted, plainWhenReplaced: true)
            return ConfigurationNode(line: start, scalar: scalar)
        default:
            return ConfigurationNode(line: start, scalar: .init(text: try literal(), form: .literal))
        }
    }

    private mutating func section(depth: Int) throws(SyntaxProblem) -> [ConfigurationNode.Entry] {
        var entries: [ConfigurationNode.Entry] = []
        index += 1
        skipSpace()
        if take("}") { return entries }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes") }
            let start = line
            let key = try string()
            skipSpace()
            guard take(":") else { throw unexpected(":") }
            skipSpace()
            entries.append(.init(key: key, line: start, value: try value(depth: depth + 1)))
            skipSpace()
        } while take(",")
        guard take("}") else { throw unexpected(", or }") }
        return entries
    }

    private mutating func list(depth: Int) throws(SyntaxProblem) -> [ConfigurationNode] {
        var items: [ConfigurationNode] = []
        index += 1
        skipSpace()
        if take("]") { return items }
        repeat {
            skipSpace()
            items.append(try value(depth: depth + 1))
            skipSpace()
        } while take(",")
        guard take("]") else { throw unexpected(", or ]") }
        return items
    }

    /// A number, `true`, `false` or `null`, as it is written.
    private mutating func literal() throws(SyntaxProblem) -> String {
        let start = index
        while let byte = peek, !isDelimiter(byte) { index += 1 }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        guard ["true", "false", "null"].contains(text) || isNumber(bytes[start..<index]) else {
            index = start
            throw unexpected("a value")
        }
        return text
    }

    private func isDelimiter(_ byte: UInt8) -> Bool {
        byte <= 0x20 || [UInt8](",:[]{}\"".utf8).contains(byte)
    }

    /// `-? (0 | 1-9 digits) (. digits)? (e sign? digits)?`
    private func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        func takeDigits() -> Int {
            let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
            rest.removeFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let whole = takeDigits()
        guard whole == 1 || (whole > 1 && !startsWithZero) else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            guard takeDigits() > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            guard takeDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    // MARK: - Strings

    private mutating func string() throws(SyntaxProblem) -> String {
        var text: [UInt8] = []
        index += 1
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                // The file is valid UTF-8 and an escape adds only whole characters.
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                index += 1
                text.append(contentsOf: try escape())
            case 0..<0x20:
                throw SyntaxProblem(
                    line: line,
                    message: "not valid JSON: expected a closing quote or an escape in a string"
                )
            default:
                text.append(byte)
                index += 1
            }
        }
        throw unexpected("a closing quote")
    }

    private mutating func escape() throws(SyntaxProblem) -> [UInt8] {
        guard let byte = peek else { throw unexpected("an escape") }
        let simple: UInt8
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): simple = byte
        case UInt8(ascii: "b"): simple = 0x08
        case UInt8(ascii: "f"): simple = 0x0C
        case UInt8(ascii: "n"): simple = 0x0A
        case UInt8(ascii: "r"): simple = 0x0D
        case UInt8(ascii: "t"): simple = 0x09
        case UInt8(ascii: "u"): return Array(String(Character(try unicodeEscape())).utf8)
        default: throw unexpected("one of \" \\ / b f n r t u after a backslash")
        }
        index += 1
        return [simple]
    }

    /// `uXXXX`, or `uXXXX\uXXXX` for a character beyond the basic plane.
    private mutating func unicodeEscape() throws(SyntaxProblem) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(UInt32(first)) { return scalar }
        guard UTF16.isLeadSurrogate(first), take("\\"), peek == UInt8(ascii: "u") else {
            throw unexpected("a surrogate pair")
        }
        let second = try codeUnit()
        let value = 0x10000 + (UInt32(first & 0x3FF) << 10) + UInt32(second & 0x3FF)
        guard UTF16.isTrailSurrogate(second), let scalar = Unicode.Scalar(value) else {
            throw unexpected("a surrogate pair")
        }
        return scalar
    }

    private mutating func codeUnit() throws(SyntaxProblem) -> UInt16 {
        index += 1
        let digits = bytes[index...].prefix(4)
        let text = String(decoding: digits, as: UTF8.self)
        // `UInt16("+123", radix: 16)` is a number too, hence the check.
        guard digits.count == 4, text.allSatisfy(\.isHexDigit), let unit = UInt16(text, radix: 16) else {
            throw unexpected("four hexadecimal digits")
        }
        index += 4
        return unit
    }

    // MARK: - Bytes

    private var peek: UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            if byte == 0x0A { line += 1 }
            index += 1
        }
    }

    private func unexpected(_ expected: String) -> SyntaxProblem {
        // To the end of the word, as far as a person needs it to find the place.
        let word = bytes[index...].prefix { $0 > 0x20 }.prefix(20)
        let found =
            switch peek {
            case nil: "the end of the file"
            case .some(...0x20): "a space or a line break"
            default: "\"\(String(decoding: word, as: UTF8.self))\""
            }
        return SyntaxProblem(line: line, message: "not valid JSON: expected \(expected), found \(found)")
    }
}
