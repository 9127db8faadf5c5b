/// Goes through the bytes of a JSON document to one value, without making anything of the others.
///
/// 1. It follows a ``JSONPointer``: of several members with one name the first counts.
/// 2. It passes over the values beside the way by their strings and brackets only, so that depth costs no stack.
/// 3. It never reads outside the bytes. Bytes that are no JSON end the search, nothing more: the server has checked them.
struct JSONScanner {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Moves to the value that `pointer` leads to; false if there is none.
    mutating func find(_ pointer: JSONPointer) -> Bool {
        for token in pointer.tokens {
            skipSpace()
            switch next {
            case UInt8(ascii: "{"): guard enterMember(token) else { return false }
            case UInt8(ascii: "["): guard enterItem(token) else { return false }
            default: return false
            }
        }
        skipSpace()
        return at < bytes.count
    }

    /// The number that stands here, rounded down, and the nearest there is if it is too large; nil if it is something else.
    func readNumber() -> Int64? {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[at...])
        let text = rest.prefix { Self.numberBytes.contains($0) }
        guard Self.isNumber(text) else { return nil }
        if let exact = Int64(String(decoding: text, as: UTF8.self)) { return exact }
        guard let number = Double(String(decoding: text, as: UTF8.self)) else { return nil }
        let whole = number.rounded(.down)
        return Int64(exactly: whole) ?? (whole < 0 ? .min : .max)
    }

    // MARK: On the way

    /// Moves behind the colon of the object's member with this name.
    private mutating func enterMember(_ name: [UInt8]) -> Bool {
        at += 1
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\""), let found = takeString() else { return false }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { return false }
            if found.says(name) { return true }
            guard skipValue() else { return false }
            skipSpace()
            guard take(UInt8(ascii: ",")) else { return false }
        }
    }

    /// Moves to the array's item with this index, which is written without leading zeros.
    private mutating func enterItem(_ token: [UInt8]) -> Bool {
        let text = String(decoding: token, as: UTF8.self)
        guard let index = Int(text), index >= 0, String(index) == text else { return false }
        at += 1
        skipSpace()
        guard next != UInt8(ascii: "]") else { return false }
        for _ in 0..<index {
            guard skipValue() else { return false }
            skipSpace()
            guard take(UInt8(ascii: ",")) else { return false }
        }
        return true
    }

    // MARK: Beside the way

    private mutating func skipValue() -> Bool {
        skipSpace()
        var depth = 0
        repeat {
            guard let byte = next else { return false }
            switch byte {
            case UInt8(ascii: "\""): guard takeString() != nil else { return false }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                at += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // The end of what the value stands in: there was none.
                guard depth > 0 else { return false }
                depth -= 1
                at += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { return false }
                at += 1
            default: skipWord()
            }
            if depth > 0 { skipSpace() }
        } while depth > 0
        return true
    }

    /// A number, `true`, `false` or `null`.
    private mutating func skipWord() {
        while let byte = next, !Self.delimiters.contains(byte) { at += 1 }
    }

    private mutating func skipSpace() {
        while let byte = next, Self.space.contains(byte) { at += 1 }
    }

    /// What stands between the quotes; nil if the string does not end.
    private mutating func takeString() -> JSONString? {
        at += 1
        let start = at
        while let byte = next {
            at += 1
            if byte == UInt8(ascii: "\"") {
                return JSONString(UnsafeRawBufferPointer(rebasing: bytes[start..<at - 1]))
            }
            if byte == UInt8(ascii: "\\") { at += 1 }
        }
        return nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        at += 1
        return true
    }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private static let space = ByteSet(" \t\n\r")
    private static let delimiters = ByteSet(" \t\n\r,:]}\"[{")
    private static let numberBytes = ByteSet("0123456789+-.eE")
}

extension JSONScanner {
    /// Whether bytes that may stand in a number are one: Swift's own reading takes more, such as `+1` and `01`.
    private static func isNumber(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
        var rest = text
        func digits() -> Int {
            let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        func take(_ bytes: UInt8...) -> Bool {
            guard let first = rest.first, bytes.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        _ = take(UInt8(ascii: "-"))
        let leadingZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        guard whole > 0, !leadingZero || whole == 1 else { return false }
        if take(UInt8(ascii: ".")), digits() == 0 { return false }
        if take(UInt8(ascii: "e"), UInt8(ascii: "E")) {
            _ = take(UInt8(ascii: "+"), UInt8(ascii: "-"))
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}

/// Some ASCII bytes, asked for without a loop.
private struct ByteSet: Sendable {
    private let low: UInt64
    private let high: UInt64

    init(_ text: StaticString) {
        var (low, high): (UInt64, UInt64) = (0, 0)
        text.withUTF8Buffer { bytes in
            for byte in bytes {
                if byte < 64 { low |= 1 << byte } else { high |= 1 << (byte & 63) }
            }
        }
        (self.low, self.high) = (low, high)
    }

    func contains(_ byte: UInt8) -> Bool {
        switch byte {
        case 0..<64: low & 1 << byte != 0
        case 64..<128: high & 1 << (byte & 63) != 0
        default: false
        }
    }
}
