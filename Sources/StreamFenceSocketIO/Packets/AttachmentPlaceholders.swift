import NIOCore

/// Finds the placeholders that stand for attachments, `{"_placeholder":true,"num":0}`, in the data of a binary packet.
///
/// The data is walked once, without recursion, and left as it is: it will be relayed byte for byte together with its
/// attachments, so the receiving client, not this server, puts the two together. What has to be known here is only that
/// the client will be able to.
enum AttachmentPlaceholders {
    /// Checks that there are as many placeholders as attachments, and that each one's number is below that count.
    ///
    /// - Parameters:
    ///   - data: the data of a binary packet.
    ///   - attachments: how many attachments were announced.
    ///   - offset: where the data stands in the packet's text, in bytes, for the error.
    static func check(_ data: JSONFragment, attachments: Int, offset: Int) throws(SocketPacketError) {
        let outcome: Result<Int, SocketPacketError> = data.buffer.withUnsafeReadableBytes { bytes in
            var walk = Walk(bytes, attachments: attachments, offset: offset)
            return Result { () throws(SocketPacketError) in try walk.count() }
        }
        let count = try outcome.get()
        guard count == attachments else {
            throw error(expected: "\(attachments) placeholders", found: "\(count)", offset: offset)
        }
    }

    fileprivate static func error(expected: String, found: String, offset: Int) -> SocketPacketError {
        SocketPacketError(
            code: .invalidPlaceholders,
            message: "the placeholders do not match the attachments",
            expected: expected,
            found: found,
            offset: offset
        )
    }
}

/// One walk over the data; `open` holds what has been seen of each object and array around the current position.
private struct Walk {
    /// What an object needs to have to be a placeholder. The last of several equal keys counts, as in `JSON.parse`.
    private struct Container {
        let isObject: Bool
        let start: Int
        var isMarked = false
        var number: Int?
    }

    /// The member whose value comes next.
    private enum Member {
        case marker, number, other
    }

    private var cursor: JSONCursor
    private let attachments: Int
    private let offset: Int
    private var open: [Container] = []
    private var member = Member.other
    private var expectsKey = false

    init(_ bytes: UnsafeRawBufferPointer, attachments: Int, offset: Int) {
        self.cursor = JSONCursor(bytes)
        self.attachments = attachments
        self.offset = offset
    }

    /// - Returns: how many placeholders there are.
    mutating func count() throws(SocketPacketError) -> Int {
        var count = 0
        while let byte = cursor.peek() {
            switch byte {
            case UInt8(ascii: "\"") where expectsKey:
                readKey()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                setMember(isTrue: false, number: nil)
                expectsKey = byte == UInt8(ascii: "{")
                open.append(Container(isObject: expectsKey, start: cursor.position))
                cursor.position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                cursor.position += 1
                expectsKey = false
                if let closed = open.popLast(), closed.isMarked {
                    try checkRange(of: closed)
                    count += 1
                }
            case UInt8(ascii: ","):
                cursor.position += 1
                expectsKey = open.last?.isObject ?? false
            case let byte where JSONBytes.isWhitespace(byte):
                cursor.position += 1
            default:
                readScalar()
            }
        }
        return count
    }

    private mutating func readKey() {
        let content = UnsafeRawBufferPointer(rebasing: cursor.bytes[cursor.skipString()])
        _ = cursor.skip(UInt8(ascii: ":"))
        expectsKey = false
        if JSONText.isEqual(content, to: "_placeholder") {
            member = .marker
        } else if JSONText.isEqual(content, to: "num") {
            member = .number
        } else {
            member = .other
        }
    }

    private mutating func readScalar() {
        let first = cursor.peek()
        let range = cursor.skipValue()
        guard member != .other, open.last?.isObject == true else { return }
        // A number that is no `Int`, 0.5 or 1e30, is no number of an attachment either.
        let text = String(decoding: UnsafeRawBufferPointer(rebasing: cursor.bytes[range]), as: UTF8.self)
        setMember(isTrue: first == UInt8(ascii: "t"), number: Int(text))
    }

    /// Records the value of the current member of the innermost object.
    private mutating func setMember(isTrue: Bool, number: Int?) {
        guard let last = open.indices.last, open[last].isObject else { return }
        switch member {
        case .marker: open[last].isMarked = isTrue
        case .number: open[last].number = number
        case .other: break
        }
        member = .other
    }

    private func checkRange(of placeholder: Container) throws(SocketPacketError) {
        if let number = placeholder.number, number >= 0, number < attachments { return }
        throw AttachmentPlaceholders.error(
            expected: "\"num\" to be an integer from 0 and below \(attachments)",
            found: placeholder.number.map(String.init) ?? "none",
            offset: offset + placeholder.start
        )
    }
}
