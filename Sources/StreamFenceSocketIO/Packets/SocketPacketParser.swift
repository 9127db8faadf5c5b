import NIOCore

/// Parses the text of one packet: `<type>[<attachments>-][<namespace>,][<id>][<data>]`.
///
/// It works on the bytes themselves, of which `text` is the owner: going through `ByteBuffer` for each of the few
/// bytes in front of the data took longer than validating the data.
struct SocketPacketParser {
    private let text: ByteBuffer
    private let bytes: UnsafeRawBufferPointer
    private let limits: SocketPacketDecoder.Limits
    private var position = 0

    /// - Parameters:
    ///   - text: the packet.
    ///   - limits: of the depth and of the attachments; the size is the decoder's matter.
    ///   - lastNamespace: returned as the namespace if it is the same, so that none has to be made.
    /// - Returns: the packet, and how many attachments are to follow.
    static func parse(
        _ text: ByteBuffer,
        limits: SocketPacketDecoder.Limits,
        reusing lastNamespace: String
    ) throws(SocketPacketError) -> (packet: SocketPacket, attachments: Int) {
        let outcome: Result<(packet: SocketPacket, attachments: Int), SocketPacketError> =
            text.withUnsafeReadableBytes { bytes in
                var parser = SocketPacketParser(text: text, bytes: bytes, limits: limits)
                return Result { () throws(SocketPacketError) in try parser.parse(reusing: lastNamespace) }
            }
        return try outcome.get()
    }

    private init(text: ByteBuffer, bytes: UnsafeRawBufferPointer, limits: SocketPacketDecoder.Limits) {
        self.text = text
        self.bytes = bytes
        self.limits = limits
    }

    private mutating func parse(
        reusing lastNamespace: String
    ) throws(SocketPacketError) -> (packet: SocketPacket, attachments: Int) {
        let (kind, isBinary) = try parseKind()
        let attachments = isBinary ? try parseAttachmentCount() : 0
        let namespace = try parseNamespace(reusing: lastNamespace)
        let id = try parseID()
        let dataOffset = position
        let packet = SocketPacket(kind: kind, namespace: namespace, id: id, data: try parseData())
        try packet.validateData(offset: dataOffset)
        if isBinary, let data = packet.data {
            try AttachmentPlaceholders.check(data, attachments: attachments, offset: dataOffset)
        }
        return (packet, attachments)
    }

    private mutating func parseKind() throws(SocketPacketError) -> (SocketPacket.Kind, isBinary: Bool) {
        let kind: (SocketPacket.Kind, isBinary: Bool)? =
            switch peek() {
            case UInt8(ascii: "0"): (.connect, false)
            case UInt8(ascii: "1"): (.disconnect, false)
            case UInt8(ascii: "2"): (.event, false)
            case UInt8(ascii: "3"): (.ack, false)
            case UInt8(ascii: "4"): (.connectError, false)
            case UInt8(ascii: "5"): (.event, true)
            case UInt8(ascii: "6"): (.ack, true)
            default: nil
            }
        guard let kind else { throw error(.unknownType, "unknown packet type", expected: "a digit from 0 to 6") }
        position += 1
        return kind
    }

    private mutating func parseAttachmentCount() throws(SocketPacketError) -> Int {
        let start = position
        let message = "invalid count of attachments"
        let count = try parseDigits(.invalidAttachmentCount, message)
        guard let count, peek() == UInt8(ascii: "-") else {
            let expected = position == start ? "the number of attachments" : "\"-\" after the number of attachments"
            throw error(.invalidAttachmentCount, message, expected: expected)
        }
        position += 1
        guard count <= UInt64(clamping: limits.maxAttachments) else {
            throw SocketPacketError(
                code: .tooManyAttachments,
                message: "too many attachments",
                expected: "at most \(limits.maxAttachments)",
                found: "\(count)",
                offset: start
            )
        }
        return Int(clamping: count)
    }

    /// A namespace ends with a comma, or with the packet: the official parser takes both, and its test suite sends
    /// both.
    private mutating func parseNamespace(reusing lastNamespace: String) throws(SocketPacketError) -> String {
        guard peek() == UInt8(ascii: "/") else { return "/" }
        let start = position
        let end = bytes[start...].firstIndex(of: UInt8(ascii: ",")) ?? bytes.count
        position = min(end + 1, bytes.count)
        // Some clients leave the query string of their URL here; it is no part of the name.
        let name = UnsafeRawBufferPointer(rebasing: bytes[start..<end].prefix { $0 != UInt8(ascii: "?") })
        if name.count == lastNamespace.utf8.count, name.elementsEqual(lastNamespace.utf8) { return lastNamespace }
        guard let namespace = String(validating: name, as: UTF8.self) else {
            throw SocketPacketError(
                code: .invalidNamespace,
                message: "invalid namespace",
                expected: "UTF-8",
                found: "other bytes",
                offset: start
            )
        }
        return namespace
    }

    private mutating func parseID() throws(SocketPacketError) -> UInt64? {
        try parseDigits(.invalidID, "invalid acknowledgement id")
    }

    private mutating func parseData() throws(SocketPacketError) -> JSONFragment? {
        guard position < bytes.count else { return nil }
        var scanner = JSONScanner(UnsafeRawBufferPointer(rebasing: bytes[position...]), maxDepth: limits.maxDepth)
        do {
            let range = try scanner.scanDocument()
            return JSONFragment(slicing: text, range: (position + range.lowerBound)..<(position + range.upperBound))
        } catch {
            throw SocketPacketError(
                code: error.code == .tooDeep ? .tooDeep : .invalidJSON,
                message: "invalid JSON (\(error.code))",
                expected: error.expected,
                found: error.found,
                offset: position + error.offset
            )
        }
    }

    /// Reads the decimal digits at the position.
    ///
    /// - Returns: their value; `nil` if there are none.
    private mutating func parseDigits(
        _ code: SocketPacketError.Code,
        _ message: String
    ) throws(SocketPacketError) -> UInt64? {
        let start = position
        var value: UInt64 = 0
        while let byte = peek(), JSONBytes.isDigit(byte) {
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowsToo) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !overflows, !overflowsToo else {
                throw SocketPacketError(
                    code: code,
                    message: message,
                    expected: "a number below 2^64",
                    found: "a larger one",
                    offset: start
                )
            }
            value = sum
            position += 1
        }
        return position == start ? nil : value
    }

    private func peek() -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private func error(_ code: SocketPacketError.Code, _ message: String, expected: String) -> SocketPacketError {
        SocketPacketError(
            code: code,
            message: message,
            expected: expected,
            found: describe(byte: peek()),
            offset: position
        )
    }
}
