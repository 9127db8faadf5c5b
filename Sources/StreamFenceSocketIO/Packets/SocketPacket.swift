import NIOCore

/// A packet of the [Socket.IO protocol, version
/// 5](https://github.com/socketio/socket.io/tree/main/docs/socket.io-protocol).
///
/// A binary event or acknowledgement is an ``Kind/event`` or ``Kind/ack`` with attachments, rather than a kind of its
/// own: whoever handles an event need not care, and no packet can contradict itself. The digits 5 and 6 belong to the
/// codec.
public struct SocketPacket: Sendable, Equatable {
    /// What a packet is for. The raw value is its digit on the wire when it has no attachments.
    public enum Kind: UInt8, Sendable, Equatable {
        /// Asks to join a namespace, with an optional object as authentication; or confirms it.
        case connect = 0
        /// Leaves a namespace. Carries nothing.
        case disconnect = 1
        /// An event: an array of its name and its arguments. With an id, an acknowledgement is asked for.
        case event = 2
        /// Answers the event with the same id: an array of arguments.
        case ack = 3
        /// Refuses a ``connect``, with an object or a string as the reason.
        case connectError = 4
    }

    /// What the packet is for.
    public var kind: Kind
    /// The namespace, with its leading slash: `/` is the main one.
    public var namespace: String
    /// The acknowledgement id.
    public var id: UInt64?
    /// The JSON payload, byte for byte as it was received; each attachment is a placeholder in it.
    public var data: JSONFragment?
    /// The binary attachments that the placeholders number from 0.
    public var attachments: [ByteBuffer]

    /// Makes a packet. Nothing is checked here; ``validate()`` applies the rules of the protocol.
    public init(
        kind: Kind,
        namespace: String = "/",
        id: UInt64? = nil,
        data: JSONFragment? = nil,
        attachments: [ByteBuffer] = []
    ) {
        self.kind = kind
        self.namespace = namespace
        self.id = id
        self.data = data
        self.attachments = attachments
    }

    /// The name of an event; `nil` for other packets.
    ///
    /// Socket.IO also lets a number name an event: its text is the name then, as JavaScript has it.
    public var eventName: String? {
        guard kind == .event, let data else { return nil }
        let text = data.withElement(at: 0) { name -> String? in
            guard name.count >= 2, name[0] == UInt8(ascii: "\"") else { return nil }
            return JSONText.decode(UnsafeRawBufferPointer(rebasing: name[1..<(name.count - 1)]))
        }
        if let text = text ?? nil { return text }
        guard let name = data.element(at: 0), name.kind == .number else { return nil }
        return name.int.map(String.init) ?? name.json
    }

    /// What an event carries after its name, or an acknowledgement at all; empty for other packets.
    public var arguments: [JSONFragment] {
        switch kind {
        case .event: Array((data?.elements ?? []).dropFirst())
        case .ack: data?.elements ?? []
        case .connect, .disconnect, .connectError: []
        }
    }

    /// The argument of an event or an acknowledgement at `index`, from 0; `nil` if there is none.
    ///
    /// Scans no further than that argument, where ``arguments`` builds an array of all: a megabyte of `[0,0,0,…]` is
    /// half a million of them.
    public func argument(at index: Int) -> JSONFragment? {
        guard index >= 0, index < Int.max else { return nil }
        switch kind {
        case .event: return data?.element(at: index + 1)
        case .ack: return data?.element(at: index)
        case .connect, .disconnect, .connectError: return nil
        }
    }
}

extension SocketPacket {
    /// The bytes that stay in memory as long as any part of the packet does.
    package var heldBytes: Int {
        attachments.reduce(data?.buffer.readableBytes ?? 0) { $0 + $1.readableBytes }
    }
}
