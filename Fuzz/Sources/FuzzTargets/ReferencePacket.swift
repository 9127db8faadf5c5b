import NIOCore
import StreamFenceSocketIO

/// A Socket.IO packet's text as the specification has it, on top of ``ReferenceJSON``.
struct ReferencePacket {
    let kind: SocketPacket.Kind
    /// How many are announced.
    let attachments: Int
    let namespace: String
    let id: UInt64?
    private let data: ReferenceJSON?
    /// The data in the text, without the white space around it.
    private let dataBytes: ArraySlice<UInt8>

    /// - Returns: nil for a text that has to be refused.
    init?(_ text: [UInt8], limits: SocketPacketDecoder.Limits) {
        var rest = text[...]
        guard text.count <= limits.maxPayloadBytes, let digit = rest.popFirst(), (0x30...0x36).contains(digit),
            let kind = SocketPacket.Kind(rawValue: digit < 0x35 ? digit - 0x30 : digit - 0x33)
        else { return nil }
        self.kind = kind

        let isBinary = digit >= 0x35
        if isBinary {
            guard let count = Self.digits(&rest).flatMap(Int.init), count <= limits.maxAttachments,
                rest.popFirst() == UInt8(ascii: "-")
            else { return nil }
            attachments = count
        } else {
            attachments = 0
        }

        if rest.first == UInt8(ascii: "/") {
            let name = rest.prefix { $0 != UInt8(ascii: ",") }
            rest = rest.dropFirst(name.count + 1)
            guard let valid = String(validating: name.prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self) else {
                return nil
            }
            namespace = valid
        } else {
            namespace = "/"
        }

        let idDigits = Self.digits(&rest)
        id = idDigits.flatMap { UInt64($0) }
        guard (id == nil) == (idDigits == nil) else { return nil }

        let json = Array(rest)
        data = json.isEmpty ? nil : ReferenceJSON.parse(json, maxDepth: limits.maxDepth)
        guard (data == nil) == json.isEmpty else { return nil }
        dataBytes = data.map { json[$0.range] } ?? []
        guard obeysRules, !isBinary || hasMatchingPlaceholders else { return nil }
    }

    /// The event's name; nil for other packets. A number's is its text, as JavaScript has it.
    var eventName: String? {
        guard kind == .event, case .array(let elements)? = data?.value else { return nil }
        switch elements.first?.value {
        case .string(let name): return name
        case .number(let text): return JSONChecks.integer(text).map(String.init) ?? text
        default: return nil
        }
    }

    /// The elements of an array, as they stand in the text.
    var elements: [[UInt8]] {
        guard case .array(let elements)? = data?.value else { return [] }
        return elements.map { Array(dataBytes[$0.range]) }
    }

    /// The size of the data, in bytes.
    var dataSize: Int { dataBytes.count }

    private static func digits(_ rest: inout ArraySlice<UInt8>) -> String? {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(digits.count)
        return digits.isEmpty ? nil : String(decoding: digits, as: UTF8.self)
    }

    /// Whether the data is what a packet of this kind carries.
    private var obeysRules: Bool {
        switch (kind, data?.value) {
        case (.connect, nil), (.connect, .object), (.disconnect, nil), (.connectError, .object),
            (.connectError, .string):
            return true
        case (.ack, .array):
            return id != nil
        case (.event, .array(let elements)):
            switch elements.first?.value {
            case .number: return true
            case .string(let name): return !SocketPacket.reservedEvents.contains(name)
            default: return false
            }
        default:
            return false
        }
    }

    /// Whether there is one placeholder for each attachment, and each names an attachment.
    private var hasMatchingPlaceholders: Bool {
        var numbers: [Int?] = []
        data?.forEach { value in
            guard case .bool(true)? = value["_placeholder"]?.value else { return }
            guard case .number(let text)? = value["num"]?.value else { return numbers.append(nil) }
            numbers.append(Int(text))
        }
        return numbers.count == attachments && numbers.allSatisfy { $0.map { 0..<attachments ~= $0 } ?? false }
    }

    /// Holds what was decoded against this, all but the attachments.
    func check(_ packet: SocketPacket) throws(Violation) {
        try expectEqual(packet.kind, kind, "the kind")
        try expectEqual(Array(packet.namespace.utf8), Array(namespace.utf8), "the namespace")
        try expectEqual(packet.id, id, "the id")
        try expectEqual(packet.data?.buffer, data == nil ? nil : ByteBuffer(bytes: dataBytes), "the data")
    }
}
