/// A JSON validator that is obviously right and not fast: recursive, one rule a function. The scanner is held against
/// it.
struct ReferenceJSON {
    private var rest: ArraySlice<UInt8>
    private let maxDepth: Int

    static func accepts(_ document: [UInt8], maxDepth: Int = 128) -> Bool {
        guard String(validating: document, as: UTF8.self) != nil else { return false }
        var reader = ReferenceJSON(rest: document[...], maxDepth: maxDepth)
        reader.space()
        guard reader.value(depth: 0) else { return false }
        reader.space()
        return reader.rest.isEmpty
    }

    private mutating func take(_ allowed: String) -> Bool {
        guard let first = rest.first, allowed.utf8.contains(first) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func space() {
        while take(" \t\n\r") {}
    }

    private mutating func value(depth: Int) -> Bool {
        switch rest.first {
        case UInt8(ascii: "{"): list("{", "}", depth: depth) { $0.member(depth: depth + 1) }
        case UInt8(ascii: "["): list("[", "]", depth: depth) { $0.value(depth: depth + 1) }
        case UInt8(ascii: "\""): string()
        case UInt8(ascii: "t"): word("true")
        case UInt8(ascii: "f"): word("false")
        case UInt8(ascii: "n"): word("null")
        default: number()
        }
    }

    private mutating func list(
        _ opening: String,
        _ closing: String,
        depth: Int,
        item: (inout ReferenceJSON) -> Bool
    ) -> Bool {
        guard depth < maxDepth, take(opening) else { return false }
        space()
        if take(closing) { return true }
        while true {
            space()
            guard item(&self) else { return false }
            space()
            if take(closing) { return true }
            guard take(",") else { return false }
        }
    }

    private mutating func member(depth: Int) -> Bool {
        guard string() else { return false }
        space()
        guard take(":") else { return false }
        space()
        return value(depth: depth)
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return true }
            if byte < 0x20 { return false }
            guard byte == UInt8(ascii: "\\") else { continue }
            if take("u") {
                for _ in 0..<4 where !take("0123456789abcdefABCDEF") { return false }
            } else if !take("\"\\/bfnrt") {
                return false
            }
        }
        return false
    }

    private mutating func word(_ word: String) -> Bool {
        guard rest.starts(with: word.utf8) else { return false }
        rest.removeFirst(word.utf8.count)
        return true
    }

    private mutating func digits() -> Bool {
        guard take("0123456789") else { return false }
        while take("0123456789") {}
        return true
    }

    private mutating func number() -> Bool {
        _ = take("-")
        if !take("0"), !digits() { return false }
        if take("."), !digits() { return false }
        if take("eE") {
            _ = take("+-")
            return digits()
        }
        return true
    }
}
