/// A JSON document as a tree, read by a parser that is obviously right and not fast: recursive, one rule a function.
struct ReferenceJSON {
    enum Value {
        case null
        case bool(Bool)
        case number(String)
        case string(String)
        case array([ReferenceJSON])
        case object([(key: String, value: ReferenceJSON)])
    }

    let value: Value
    /// Where the value stands in the document, in bytes.
    let range: Range<Int>

    /// - Returns: nil if the bytes are not one JSON value, or one that is nested deeper than the limit.
    static func parse(_ document: [UInt8], maxDepth: Int) -> ReferenceJSON? {
        guard String(validating: document, as: UTF8.self) != nil else { return nil }
        var parser = Parser(rest: document[...], maxDepth: maxDepth)
        parser.space()
        guard let root = parser.value(depth: 0) else { return nil }
        parser.space()
        return parser.rest.isEmpty ? root : nil
    }

    /// The value and all that it contains, outermost first.
    func forEach(_ body: (ReferenceJSON) -> Void) {
        body(self)
        switch value {
        case .array(let elements): for element in elements { element.forEach(body) }
        case .object(let members): for member in members { member.value.forEach(body) }
        case .null, .bool, .number, .string: break
        }
    }

    /// The value of a member; of several with the same key the last.
    subscript(key: String) -> ReferenceJSON? {
        guard case .object(let members) = value else { return nil }
        return members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }
}

private struct Parser {
    var rest: ArraySlice<UInt8>
    let maxDepth: Int

    mutating func take(_ allowed: String) -> UInt8? {
        guard let first = rest.first, allowed.utf8.contains(first) else { return nil }
        return rest.removeFirst()
    }

    mutating func space() {
        while take(" \t\n\r") != nil {}
    }

    mutating func value(depth: Int) -> ReferenceJSON? {
        let start = rest.startIndex
        let value: ReferenceJSON.Value? =
            switch rest.first {
            case UInt8(ascii: "{"): members(depth: depth).map { .object($0) }
            case UInt8(ascii: "["): elements(depth: depth).map { .array($0) }
            case UInt8(ascii: "\""): string().map { .string($0) }
            case UInt8(ascii: "t"): word("true") ? .bool(true) : nil
            case UInt8(ascii: "f"): word("false") ? .bool(false) : nil
            case UInt8(ascii: "n"): word("null") ? .null : nil
            default: number().map { .number($0) }
            }
        return value.map { ReferenceJSON(value: $0, range: start..<rest.startIndex) }
    }

    private mutating func elements(depth: Int) -> [ReferenceJSON]? {
        list("[", "]", depth: depth) { $0.value(depth: depth + 1) }
    }

    private mutating func members(depth: Int) -> [(key: String, value: ReferenceJSON)]? {
        list("{", "}", depth: depth) { parser in
            guard let key = parser.string() else { return nil }
            parser.space()
            guard parser.take(":") != nil else { return nil }
            parser.space()
            return parser.value(depth: depth + 1).map { (key, $0) }
        }
    }

    private mutating func list<Item>(
        _ opening: String,
        _ closing: String,
        depth: Int,
        item: (inout Parser) -> Item?
    ) -> [Item]? {
        guard depth < maxDepth, take(opening) != nil else { return nil }
        space()
        if take(closing) != nil { return [] }
        var items: [Item] = []
        while true {
            space()
            guard let next = item(&self) else { return nil }
            items.append(next)
            space()
            if take(closing) != nil { return items }
            guard take(",") != nil else { return nil }
        }
    }

    /// By way of UTF-16, as JavaScript has it: a lone half of a surrogate pair becomes U+FFFD in the end.
    private mutating func string() -> String? {
        guard take("\"") != nil else { return nil }
        var text: [UInt16] = []
        while let byte = rest.first {
            switch byte {
            case UInt8(ascii: "\""):
                rest.removeFirst()
                return String(decoding: text, as: UTF16.self)
            case UInt8(ascii: "\\"):
                rest.removeFirst()
                guard let unit = escape() else { return nil }
                text.append(unit)
            case 0..<0x20:
                return nil
            default:
                let run = rest.prefix { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
                text += String(decoding: run, as: UTF8.self).utf16
                rest = rest.dropFirst(run.count)
            }
        }
        return nil
    }

    private mutating func escape() -> UInt16? {
        switch take("\"\\/bfnrtu") {
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "u"):
            var digits = ""
            for _ in 0..<4 {
                guard let digit = take("0123456789abcdefABCDEF") else { return nil }
                digits.unicodeScalars.append(Unicode.Scalar(digit))
            }
            return UInt16(digits, radix: 16)
        case let byte:
            return byte.map(UInt16.init)
        }
    }

    private mutating func word(_ word: String) -> Bool {
        guard rest.starts(with: word.utf8) else { return false }
        rest = rest.dropFirst(word.utf8.count)
        return true
    }

    private mutating func digits() -> Bool {
        guard take("0123456789") != nil else { return false }
        while take("0123456789") != nil {}
        return true
    }

    private mutating func number() -> String? {
        let start = rest
        _ = take("-")
        if take("0") == nil, !digits() { return nil }
        if take(".") != nil, !digits() { return nil }
        if take("eE") != nil {
            _ = take("+-")
            if !digits() { return nil }
        }
        return String(decoding: start[..<rest.startIndex], as: UTF8.self)
    }
}
