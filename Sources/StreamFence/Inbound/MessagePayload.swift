import FoundationEssentials
import NIOCore
import StreamFenceSocketIO

/// What a message carries: one JSON value, byte for byte, and the binary attachments it refers to.
public struct MessagePayload: Sendable {
    /// The JSON; binary in it stands as placeholders that number ``attachments``.
    public let json: JSONFragment
    /// The binary values, in the order the placeholders number them from 0.
    public let attachments: [ByteBuffer]

    /// The size in bytes, attachments included.
    var count: Int { attachments.reduce(json.buffer.readableBytes) { $0 + $1.readableBytes } }

    package init(json: JSONFragment, attachments: [ByteBuffer]) {
        self.json = json
        self.attachments = attachments
    }

    /// JSON that exists already; it is sent byte for byte.
    ///
    /// - Throws: `JSONError` if it is no JSON.
    public init(json: ByteBuffer) throws(JSONError) {
        self.init(json: try JSONFragment(validating: json), attachments: [])
    }

    /// Bytes; a JavaScript client receives an `ArrayBuffer` or `Buffer`.
    public init(binary: ByteBuffer) {
        let payload = SocketPayload(.binary(binary))
        self.init(json: payload[0] ?? JSONFragment(string: ""), attachments: payload.attachments)
    }

    /// A value, encoded with `JSONEncoder`.
    public init(encoding value: some Encodable) throws {
        try self.init(json: ByteBuffer(bytes: try JSONEncoder().encode(value)))
    }

    /// The value, decoded with `JSONDecoder`.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Data(json.buffer.readableBytesView))
    }

    /// The bytes, if the payload is binary as a whole.
    public var binary: ByteBuffer? {
        guard json["_placeholder"]?.bool == true, let number = json["num"]?.int, attachments.indices.contains(number)
        else { return nil }
        return attachments[number]
    }
}
