/// Names one value within a JSON value, as [RFC 6901](https://www.rfc-editor.org/rfc/rfc6901) writes it: `/symbol`,
/// `/legs/0/price`; nothing at all names the value itself.
package struct JSONPointer: Sendable, Equatable {
    /// One step down: a member of this name, or the element of this index.
    private struct Step: Sendable, Equatable {
        let name: String
        /// `nil` where the name is no index: `-`, `01`, or one beyond what an array can hold.
        let index: Int?
    }

    private let steps: [Step]

    /// - Throws: what is wrong with the text.
    package init(_ text: String) throws(JSONPointerError) {
        // By bytes: a `/` that a combining mark follows is one `Character` with it.
        guard text.utf8.first.map({ $0 == UInt8(ascii: "/") }) ?? true else {
            throw JSONPointerError(expected: "a JSON pointer that starts with /, such as /symbol", found: text)
        }
        var steps: [Step] = []
        for token in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst() {
            guard let name = Self.unescape(token) else {
                throw JSONPointerError(expected: "a JSON pointer with ~0 for ~ and ~1 for /", found: text)
            }
            steps.append(Step(name: name, index: Self.index(token)))
        }
        self.steps = steps
    }

    /// The value that the pointer names in `document`; `nil` if there is none. Each step costs a pass over the value it
    /// starts from. Of several members of one name the last counts, as ``JSONFragment/subscript(_:)`` says.
    package func value(in document: JSONFragment) -> JSONFragment? {
        var value = document
        for step in steps {
            let next = value.kind == .array ? step.index.flatMap { value.element(at: $0) } : value[step.name]
            guard let next else { return nil }
            value = next
        }
        return value
    }

    /// `nil` where a `~` is neither `~0` nor `~1`.
    private static func unescape(_ token: Substring.UTF8View) -> String? {
        guard token.contains(UInt8(ascii: "~")) else { return String(decoding: token, as: UTF8.self) }
        var bytes: [UInt8] = []
        var rest = token[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "~") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "0"): bytes.append(UInt8(ascii: "~"))
            case UInt8(ascii: "1"): bytes.append(UInt8(ascii: "/"))
            default: return nil
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Digits without a leading zero; `Int` alone would take `+1` and `01` too.
    private static func index(_ token: Substring.UTF8View) -> Int? {
        guard token.allSatisfy(JSONBytes.isDigit), token.count == 1 || token.first != UInt8(ascii: "0") else {
            return nil
        }
        return Int(Substring(token))
    }
}

/// Why a text is no JSON pointer.
package struct JSONPointerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What the grammar asks for.
    package let expected: String
    /// The whole text.
    package let found: String

    /// One line: `expected a JSON pointer that starts with /, such as /symbol, found "symbol"`.
    package var description: String {
        "expected \(expected), found \"\(found)\""
    }
}
