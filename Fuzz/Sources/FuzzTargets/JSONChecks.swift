import NIOCore
import StreamFenceSocketIO

/// Holds ``JSONFragment`` against ``ReferenceJSON``: what it accepts, and what each accessor reads out of it.
enum JSONChecks {
    /// How many elements or members of one value are looked into: each costs a pass over that value.
    private static let width = 8

    /// - Parameter document: any bytes.
    static func check(document: ByteBuffer, maxDepth: Int) throws(Violation) {
        let bytes = Array(document.readableBytesView)
        let reference = ReferenceJSON.parse(bytes, maxDepth: maxDepth)
        let fragment: JSONFragment?
        do throws(JSONError) {
            fragment = try JSONFragment(validating: document, maxDepth: maxDepth)
        } catch {
            fragment = nil
            let isInside = (0...bytes.count).contains(error.offset)
            try expect(isInside, "a JSON error is in the document", found: "\(error)")
        }
        try expectEqual(fragment != nil, reference != nil, "a document is JSON when the reference says so")
        if let fragment, let reference { try check(fragment, against: reference, in: bytes) }
    }

    private static func check(
        _ fragment: JSONFragment,
        against reference: ReferenceJSON,
        in document: [UInt8]
    ) throws(Violation) {
        let bytes = ByteBuffer(bytes: document[reference.range])
        try expectEqual(fragment.buffer, bytes, "a fragment is where the reference has it")
        try checkScalar(fragment, against: reference.value)
        switch reference.value {
        case .array(let elements):
            try checkArray(fragment, elements, in: document)
        case .object(let members):
            try expectEqual(fragment.kind, .object, "the kind")
            try expect(fragment.elements == nil, "an object has no elements")
            for (key, _) in members.suffix(width) {
                guard let value = reference[key], let found = fragment[key] else {
                    throw Violation(property: "a member is found", expected: key.debugDescription, found: "none")
                }
                try check(found, against: value, in: document)
            }
            let absent = (members.map(\.key).max() ?? "") + "a"
            try expectEqual(fragment[absent]?.buffer, nil, "an absent key has no value")
        case .null, .bool, .number, .string:
            try expect(
                fragment.elements == nil && fragment.element(at: 0) == nil && fragment[""] == nil,
                "a scalar contains nothing"
            )
        }
    }

    private static func checkArray(
        _ fragment: JSONFragment,
        _ elements: [ReferenceJSON],
        in document: [UInt8]
    ) throws(Violation) {
        try expectEqual(fragment.kind, .array, "the kind")
        try expect(fragment[""] == nil, "an array has no members")
        guard let found = fragment.elements else {
            throw Violation(property: "the elements", expected: "\(elements.count)", found: "none")
        }
        try expectEqual(found.count, elements.count, "the count of elements")
        for (index, element) in elements.enumerated().prefix(width) {
            try expectEqual(fragment.element(at: index)?.buffer, found[index].buffer, "the element at \(index)")
            try check(found[index], against: element, in: document)
        }
        try expectEqual(fragment.element(at: elements.count - 1)?.buffer, found.last?.buffer, "the last element")
        for index in [-1, elements.count, .max] {
            try expectEqual(fragment.element(at: index)?.buffer, nil, "there is no element at \(index)")
        }
    }

    /// Every accessor of a scalar: the value, or `nil` where the value is of another kind.
    private static func checkScalar(_ fragment: JSONFragment, against value: ReferenceJSON.Value) throws(Violation) {
        var (string, bool, isNull, number) = (String?.none, Bool?.none, false, String?.none)
        switch value {
        case .null: isNull = true
        case .bool(let value): bool = value
        case .string(let value): string = value
        case .number(let text): number = text
        case .array, .object: break
        }
        try expectEqual(fragment.isNull, isNull, "whether it is null")
        try expectEqual(fragment.bool, bool, "the value of a boolean")
        try expectEqual(fragment.string.map { Array($0.utf8) }, string.map { Array($0.utf8) }, "the text of a string")
        try expectEqual(fragment.int, number.flatMap(integer), "the value of an integer")
        try expectEqual(fragment.double, number.flatMap(double), "the value of a number")
        try expectEqual(fragment.isString(string ?? ""), string != nil, "whether it is that string")
        if let string { try checkString(string, fragment) }
    }

    private static func checkString(_ string: String, _ fragment: JSONFragment) throws(Violation) {
        try expect(!fragment.isString(string + "a"), "it is not another string")
        let written = JSONFragment(string: string)
        let reread = try? JSONFragment(validating: written.buffer)
        try expectEqual(reread?.buffer, written.buffer, "a string is written as JSON")
        try expectEqual(reread?.string, string, "a string is read as it was written")
    }

    /// Written in digits the number is exact; otherwise it is what JavaScript can represent without loss.
    static func integer(_ text: String) -> Int? {
        if text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }) {
            return Int128(text).flatMap { Int(exactly: $0) }
        }
        return double(text).flatMap { $0 == $0.rounded() && abs($0) < 9_007_199_254_740_992 ? Int($0) : nil }
    }

    private static func double(_ text: String) -> Double? {
        Double(text).flatMap { $0.isFinite ? $0 : nil }
    }
}
