import NIOCore

/// An argument of an event, built from literals: `["text": "hello", "stars": 5, "photo": .binary(bytes)]`.
public indirect enum SocketValue: Sendable {
    /// JSON's null.
    case null
    /// True or false.
    case bool(Bool)
    /// Sent in all its digits; JavaScript reads those beyond 2^53 as the nearest number it knows.
    case integer(Int)
    /// NaN and the infinities, which JSON does not know, are sent as null, as JavaScript does.
    case number(Double)
    /// Text, escaped as JSON asks for.
    case string(String)
    /// Values in this order.
    case array([SocketValue])
    /// Written in this order.
    case object([(key: String, value: SocketValue)])
    /// Travels as an attachment of its own, wherever in an argument it stands.
    case binary(ByteBuffer)
    /// JSON that exists already, sent byte for byte.
    case json(JSONFragment)
}

extension SocketValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// `"text"`, without interpolation: for that, write ``string(_:)``.
    public init(stringLiteral value: String) { self = .string(value) }
    /// `5` is an ``integer(_:)``.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// `5.0` is a ``number(_:)``.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// `true` is a ``bool(_:)``.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// `nil` is ``null``.
    public init(nilLiteral: ()) { self = .null }
    /// `[1, "two"]` is an ``array(_:)``.
    public init(arrayLiteral elements: SocketValue...) { self = .array(elements) }
    /// `["key": 1]` is an ``object(_:)`` with its members in the order written.
    public init(dictionaryLiteral elements: (String, SocketValue)...) {
        self = .object(elements.map { (key: $0.0, value: $0.1) })
    }
}

extension SocketValue {
    /// Appends the value as JSON; binary becomes a placeholder and is added to `attachments`.
    func write(to buffer: inout ByteBuffer, attachments: inout [ByteBuffer]) {
        switch self {
        case .null: buffer.writeStaticString("null")
        case .bool(let value): buffer.writeString(value ? "true" : "false")
        case .integer(let value): buffer.writeString(String(value))
        case .number(let value): buffer.writeString(value.isFinite ? "\(value)" : "null")
        case .string(let value): buffer.writeJSONString(value)
        case .json(let fragment): buffer.writeImmutableBuffer(fragment.buffer)
        case .binary(let bytes):
            buffer.writeString("{\"_placeholder\":true,\"num\":\(attachments.count)}")
            attachments.append(bytes)
        case .array(let elements):
            buffer.writeInteger(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
                element.write(to: &buffer, attachments: &attachments)
            }
            buffer.writeInteger(UInt8(ascii: "]"))
        case .object(let members):
            buffer.writeInteger(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
                buffer.writeJSONString(member.key)
                buffer.writeInteger(UInt8(ascii: ":"))
                member.value.write(to: &buffer, attachments: &attachments)
            }
            buffer.writeInteger(UInt8(ascii: "}"))
        }
    }
}
