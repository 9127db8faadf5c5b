import NIOCore

extension JSONFragment {
    /// The elements of an array, in order. One pass; ``element(at:)`` is cheaper where only the first ones matter.
    public var elements: [JSONFragment]? {
        guard kind == .array else { return nil }
        var elements: [JSONFragment] = []
        forEachElement { range in
            elements.append(JSONFragment(slicing: buffer, range: range))
            return true
        }
        return elements
    }

    /// The element of an array at `index`, from 0; `nil` if there is none. Scans up to that element.
    public func element(at index: Int) -> JSONFragment? {
        guard index >= 0, kind == .array else { return nil }
        var remaining = index
        var element: JSONFragment?
        forEachElement { range in
            guard remaining == 0 else {
                remaining -= 1
                return true
            }
            element = JSONFragment(slicing: buffer, range: range)
            return false
        }
        return element
    }

    /// The value of a member of an object; `nil` if there is none. Keys are compared after unescaping, and of several
    /// equal ones the last counts, as in `JSON.parse`: a validator that read the first one could be told another story
    /// than the client that receives the message.
    public subscript(key: String) -> JSONFragment? {
        guard kind == .object else { return nil }
        let found: Range<Int>? = buffer.withUnsafeReadableBytes { bytes in
            var cursor = JSONCursor(bytes, at: 1)
            var found: Range<Int>?
            cursor.skipWhitespace()
            while cursor.peek() == UInt8(ascii: "\"") {
                let name = cursor.skipString()
                _ = cursor.skip(UInt8(ascii: ":"))
                let value = cursor.skipValue()
                if JSONText.isEqual(UnsafeRawBufferPointer(rebasing: bytes[name]), to: key) { found = value }
                guard cursor.skip(UInt8(ascii: ",")) else { break }
            }
            return found
        }
        return found.map { JSONFragment(slicing: buffer, range: $0) }
    }

    /// Calls `body` with the place of each element of an array, until it returns `false`.
    private func forEachElement(_ body: (Range<Int>) -> Bool) {
        buffer.withUnsafeReadableBytes { bytes in
            var cursor = JSONCursor(bytes, at: 1)
            cursor.skipWhitespace()
            guard let first = cursor.peek(), first != UInt8(ascii: "]") else { return }
            repeat {
                guard body(cursor.skipValue()) else { return }
            } while cursor.skip(UInt8(ascii: ","))
        }
    }
}
