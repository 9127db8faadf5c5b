import NIOCore

/// A property of a decoder that an input has disproved.
public struct Violation: Error, CustomStringConvertible {
    /// What should always hold.
    public let property: String
    /// What the property asks for.
    public let expected: String
    /// What was there instead.
    public let found: String

    /// One line of both.
    public var description: String { "\(property): expected \(expected), found \(found)" }
}

/// Demands that a property holds.
func expect(_ holds: Bool, _ property: String, found: @autoclosure () -> String = "otherwise") throws(Violation) {
    guard holds else { throw Violation(property: property, expected: "so", found: found()) }
}

/// Demands that two values are equal.
func expectEqual<Value: Equatable>(
    _ found: Value,
    _ expected: Value,
    _ property: String
) throws(Violation) {
    guard found == expected else {
        throw Violation(property: property, expected: "\(expected)", found: "\(found)")
    }
}

/// Demands that two buffers hold the same bytes, and shows them if not.
func expectEqual(_ found: ByteBuffer?, _ expected: ByteBuffer?, _ property: String) throws(Violation) {
    guard found == expected else {
        throw Violation(property: property, expected: escaped(expected), found: escaped(found))
    }
}

/// Bytes in a line of text.
private func escaped(_ buffer: ByteBuffer?) -> String {
    guard let buffer else { return "nothing" }
    return String(buffer: buffer).debugDescription
}
