import FoundationEssentials
import NIOCore

/// The arguments of an event or an acknowledgement: JSON as it travels, and the binary attachments it refers to.
///
/// A received payload can be sent on as it is, byte for byte.
public struct SocketPayload: Sendable {
    private let content: Content
    /// The binary values, in the order the placeholders in ``arguments`` number them from 0.
    public let attachments: [ByteBuffer]

    private enum Content: Sendable {
        case made([JSONFragment])
        /// Taken apart when asked for: a client can send an array of half a million arguments.
        case received(SocketPacket)
    }

    init(arguments: [JSONFragment], attachments: [ByteBuffer]) {
        content = .made(arguments)
        self.attachments = attachments
    }

    /// One argument that this project has written itself.
    package init(trusted argument: JSONFragment) {
        self.init(arguments: [argument], attachments: [])
    }

    /// What an event or an acknowledgement carries.
    package init(_ packet: SocketPacket) {
        content = .received(packet)
        attachments = packet.attachments
    }

    /// The arguments as they stand in the packet; binary ones are placeholders, see ``binary(at:)``.
    public var arguments: [JSONFragment] {
        switch content {
        case .made(let arguments): return arguments
        case .received(let packet): return packet.arguments
        }
    }

    /// A payload of these arguments: `SocketPayload("hello", 42, ["list": [1, 2]])`.
    public init(_ arguments: SocketValue...) {
        self.init(values: arguments)
    }

    init(values: [SocketValue]) {
        var attachments: [ByteBuffer] = []
        let arguments = values.map { value in
            var buffer = ByteBuffer()
            value.write(to: &buffer, attachments: &attachments)
            return JSONFragment(trusted: buffer)
        }
        self.init(arguments: arguments, attachments: attachments)
    }

    /// A payload of one argument, encoded with `JSONEncoder`.
    public init(encoding value: some Encodable) throws {
        let json = ByteBuffer(bytes: try JSONEncoder().encode(value))
        self.init(arguments: [try JSONFragment(validating: json)], attachments: [])
    }

    /// How many arguments there are.
    public var count: Int { arguments.count }

    /// The argument at `index`; nil if there are fewer.
    public subscript(index: Int) -> JSONFragment? {
        switch content {
        case .made(let arguments): return arguments.indices.contains(index) ? arguments[index] : nil
        case .received(let packet): return packet.argument(at: index)
        }
    }

    /// The bytes of a binary argument; nil if the argument is missing or not binary.
    public func binary(at index: Int) -> ByteBuffer? {
        guard let argument = self[index], argument["_placeholder"]?.bool == true,
            let number = argument["num"]?.int, attachments.indices.contains(number)
        else { return nil }
        return attachments[number]
    }

    /// The argument at `index`, decoded with `JSONDecoder`.
    ///
    /// - Throws: ``MissingArgument``, or what the decoder throws.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self, at index: Int = 0) throws -> Value {
        guard let argument = self[index] else { throw MissingArgument(index: index, count: count) }
        return try JSONDecoder().decode(type, from: Data(argument.buffer.readableBytesView))
    }

    /// An argument was asked for that was not sent.
    public struct MissingArgument: Error, CustomStringConvertible {
        /// The index asked for, from 0.
        public let index: Int
        /// How many arguments there are.
        public let count: Int

        /// What was expected and what was found.
        public var description: String { "expected an argument at index \(index), found \(count) arguments" }
    }
}
