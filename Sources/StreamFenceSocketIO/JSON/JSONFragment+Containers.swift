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
        slice(buffer.withUnsafeReadableBytes { Self.range(ofElement: index, in: $0) })
    }

    /// Calls `body` with the bytes of the element of an array at `index`, which cost nothing to make; `nil` if there is none.
    func withElement<T>(at index: Int, _ body: (UnsafeRawBufferPointer) -> T) -> T? {
        buffer.withUnsafeReadableBytes { bytes in
            Self.range(ofElement: index, in: bytes).map { body(UnsafeRawBufferPointer(rebasing: bytes[$0])) }
        }
    }

    private static func range(ofElement index: Int, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var remaining = index
        var found: Range<Int>?
        forEachElement(of: bytes) { range in
            if remaining == 0 { found = range }
            remaining &-= 1
            return found == nil
        }
        return found
    }

    /// The value of a member of an object; `nil` if there is none. Keys are compared after unescaping, and of several
    /// equal ones the last counts, as in `JSON.parse`: a validator that read the first one could be told another story
    /// than the client that receives the message.
    public subscript(key: String) -> JSONFragment? {
        var found: Range<Int>?
        forEachMember { name, value in
            if name.isEqual(to: key) { found = value }
        }
        return slice(found)
    }

    /// An object's members, in order, their names unescaped; nil if the value is none. Of several equal names the last counts.
    package var members: [(name: String, value: JSONFragment)]? {
        guard kind == .object else { return nil }
        var members: [(name: String, value: JSONFragment)] = []
        forEachMember { name, value in
            members.append((JSONText.decode(name.content), JSONFragment(slicing: buffer, range: value)))
        }
        return members
    }

    /// The values of two members of an object, found in one pass, as ``subscript(_:)`` finds each.
    package func members(_ first: StaticString, _ second: StaticString) -> (JSONFragment?, JSONFragment?) {
        var found: (Range<Int>?, Range<Int>?)
        forEachMember { name, value in
            if name.isEqual(to: first) {
                found.0 = value
            } else if name.isEqual(to: second) {
                found.1 = value
            }
        }
        return (slice(found.0), slice(found.1))
    }

    /// The values of four members of an object, found in one pass, as ``subscript(_:)`` finds each.
    package func members(
        _ first: StaticString,
        _ second: StaticString,
        _ third: StaticString,
        _ fourth: StaticString
    ) -> (JSONFragment?, JSONFragment?, JSONFragment?, JSONFragment?) {
        var found: (Range<Int>?, Range<Int>?, Range<Int>?, Range<Int>?)
        forEachMember { name, value in
            if name.isEqual(to: first) {
                found.0 = value
            } else if name.isEqual(to: second) {
                found.1 = value
            } else if name.isEqual(to: third) {
                found.2 = value
            } else if name.isEqual(to: fourth) {
                found.3 = value
            }
        }
        return (slice(found.0), slice(found.1), slice(found.2), slice(found.3))
    }

    private func slice(_ range: Range<Int>?) -> JSONFragment? {
        range.map { JSONFragment(slicing: buffer, range: $0) }
    }

    /// The name of a member, still escaped; valid during the call it is given to.
    private struct MemberName {
        let content: UnsafeRawBufferPointer

        func isEqual(to key: String) -> Bool { JSONText.isEqual(content, to: key) }

        func isEqual(to key: StaticString) -> Bool {
            let key8 = UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
            if content.count == key8.count, content.elementsEqual(key8) { return true }
            // Every escape is longer than what it stands for.
            guard content.count > key.utf8CodeUnitCount else { return false }
            return JSONText.isEqual(content, to: key.description)
        }
    }

    /// Calls `body` with the name of each member of an object, and the place of its value.
    @inline(__always)
    private func forEachMember(_ body: (MemberName, Range<Int>) -> Void) {
        buffer.withUnsafeReadableBytes { bytes in
            guard bytes.first == UInt8(ascii: "{") else { return }
            var cursor = JSONCursor(bytes, at: 1)
            cursor.skipWhitespace()
            while cursor.peek() == UInt8(ascii: "\"") {
                let name = cursor.skipString()
                _ = cursor.skip(UInt8(ascii: ":"))
                body(MemberName(content: UnsafeRawBufferPointer(rebasing: bytes[name])), cursor.skipValue())
                guard cursor.skip(UInt8(ascii: ",")) else { break }
            }
        }
    }

    /// Calls `body` with the place of each element of an array, until it returns `false`.
    @inline(__always)
    private func forEachElement(_ body: (Range<Int>) -> Bool) {
        buffer.withUnsafeReadableBytes { Self.forEachElement(of: $0, body) }
    }

    @inline(__always)
    private static func forEachElement(of bytes: UnsafeRawBufferPointer, _ body: (Range<Int>) -> Bool) {
        guard bytes.first == UInt8(ascii: "[") else { return }
        var cursor = JSONCursor(bytes, at: 1)
        cursor.skipWhitespace()
        guard let first = cursor.peek(), first != UInt8(ascii: "]") else { return }
        repeat {
            guard body(cursor.skipValue()) else { return }
        } while cursor.skip(UInt8(ascii: ","))
    }
}
