import NIOCore

extension SocketPacket {
    /// The event names that Socket.IO keeps for itself, on either side: a peer that could send them could fake a
    /// disconnect.
    public static let reservedEvents: Set<String> = [
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    ]

    /// Checks a packet against the protocol, as the decoder does with every packet it receives. A packet that passes is
    /// decoded from its own encoding unchanged.
    ///
    /// - Throws: the first rule that is broken, with offset 0: a packet that was never text has no places.
    public func validate() throws(SocketPacketError) {
        guard namespace.utf8.first == UInt8(ascii: "/"),
            !namespace.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "?") })
        else {
            throw SocketPacketError(
                code: .invalidNamespace,
                message: "invalid namespace",
                expected: "a name that begins with \"/\" and holds neither \",\" nor \"?\"",
                found: "another name",
                offset: 0
            )
        }
        try validateData(offset: 0)
        if !attachments.isEmpty {
            guard kind == .event || kind == .ack, let data else {
                throw SocketPacketError(
                    code: .invalidAttachmentCount,
                    message: "attachments on a packet that cannot have them",
                    expected: "an event or an acknowledgement",
                    found: kind.title,
                    offset: 0
                )
            }
            do throws(SocketPacketError) {
                try AttachmentPlaceholders.check(data, attachments: attachments.count, offset: 0)
            } catch {
                throw error.withoutPlace
            }
        }
    }

    /// Checks that the data, and the id, are what a packet of this kind carries.
    ///
    /// - Parameter offset: where the data stands in the packet's text, for the error.
    func validateData(offset: Int) throws(SocketPacketError) {
        switch kind {
        case .connect:
            guard data == nil || data?.kind == .object else { throw invalidData("an object or nothing", at: offset) }
        case .disconnect:
            guard data == nil else { throw invalidData("nothing", at: offset) }
        case .connectError:
            guard data?.kind == .object || data?.kind == .string else {
                throw invalidData("an object or a string", at: offset)
            }
        case .ack:
            guard data?.kind == .array else { throw invalidData("an array", at: offset) }
            guard id != nil else {
                throw SocketPacketError(
                    code: .invalidID,
                    message: "acknowledgement without an id",
                    expected: "the id of the event it answers",
                    found: "none",
                    offset: offset
                )
            }
        case .event:
            try validateEvent(offset: offset)
        }
    }

    private func validateEvent(offset: Int) throws(SocketPacketError) {
        // Every packet comes by here: the name is looked at where it stands.
        let first = data?.withElement(at: 0) { name in
            (kind: JSONFragment.Kind(first: name.first), mayBeReserved: Self.mayBeReserved(name))
        }
        guard let first else {
            guard data?.kind == .array else { throw invalidData("a non-empty array", at: offset) }
            throw invalidData("a non-empty array", found: "an empty array", at: offset)
        }
        switch first.kind {
        case .number:
            return
        case .string:
            guard first.mayBeReserved, let text = data?.element(at: 0)?.string, Self.reservedEvents.contains(text)
            else {
                return
            }
            throw SocketPacketError(
                code: .reservedEvent,
                message: "reserved event name",
                expected: "a name that Socket.IO does not use itself",
                found: "\"\(text)\"",
                offset: offset
            )
        case .object, .array, .bool, .null:
            throw invalidData(
                "a string or a number as the name of the event",
                found: first.kind.title,
                at: offset
            )
        }
    }

    /// What the length and the first byte of a name say, which is enough for nearly all.
    private static func mayBeReserved(_ name: UnsafeRawBufferPointer) -> Bool {
        // "removeListener", all in \u escapes, is the longest way to write one: no need to unescape more.
        guard (3...(14 * 6 + 2)).contains(name.count) else { return false }
        switch name[1] {
        case UInt8(ascii: "c"), UInt8(ascii: "d"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "\\"): return true
        default: return false
        }
    }

    private func invalidData(_ expected: String, found: String? = nil, at offset: Int) -> SocketPacketError {
        SocketPacketError(
            code: .invalidData,
            message: "invalid data for \(kind.title)",
            expected: expected,
            found: found ?? data?.kind.title ?? "nothing",
            offset: offset
        )
    }
}

extension SocketPacket.Kind {
    /// The kind in a sentence.
    var title: String {
        switch self {
        case .connect: "a connect packet"
        case .disconnect: "a disconnect packet"
        case .event: "an event"
        case .ack: "an acknowledgement"
        case .connectError: "a connect error"
        }
    }
}

extension JSONFragment.Kind {
    /// The kind in a sentence.
    var title: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .bool: "a boolean"
        case .null: "null"
        }
    }
}
