import NIOCore

/// An HTTP response as RFC 9112 has it, of the kinds that a server sends here: with a length, or without a body.
struct ReferenceResponse {
    let status: Int
    private(set) var body: [UInt8] = []
    private let fields: [(name: String, value: String)]

    /// What a server may answer with.
    private static let statuses: Set = [101, 200, 204, 400, 403, 404, 413, 431]

    /// - Parameters:
    ///   - bytes: what was read of it is taken off.
    ///   - mayLackBody: some of the requests were HEAD.
    /// - Returns: nil if the response is not all there.
    init?(_ bytes: inout ArraySlice<UInt8>, mayLackBody: Bool) throws(Violation) {
        guard let end = Self.endOfHead(bytes) else {
            try expect(bytes.count < 4096, "a response's head ends", found: "\(bytes.count) bytes")
            return nil
        }
        let head = String(decoding: bytes[..<end], as: UTF8.self)
        var lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        let statusLine = lines.removeFirst()
        let parts = statusLine.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "HTTP/1.1", let status = Int(parts[1]), Self.statuses.contains(status)
        else {
            throw Violation(property: "a response", expected: "a known status", found: statusLine.debugDescription)
        }
        self.status = status
        var fields: [(String, String)] = []
        for line in lines.dropLast(2) {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let isName = parts[0].utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: "-") }
            let isField = parts.count == 2 && !parts[0].isEmpty && isName && parts[1].utf8.allSatisfy { $0 >= 0x20 }
            try expect(isField, "a response's header field", found: line.debugDescription)
            fields.append((parts[0].lowercased(), String(parts[1].drop { $0 == " " })))
        }
        self.fields = fields

        var rest = bytes[end...]
        let length = self["content-length"].flatMap(Int.init)
        try expect((length == nil) == [101, 204].contains(status), "a response says how long it is", found: head)
        let isLacking = mayLackBody && (rest.isEmpty || rest.starts(with: "HTTP/1.1 ".utf8))
        if let length, !isLacking {
            guard rest.count >= length else { return nil }
            body = Array(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        bytes = rest
    }

    /// The value of a header field; nil if there is none, or several.
    subscript(name: String) -> String? {
        let values = fields.filter { $0.name == name }
        return values.count == 1 ? values[0].value : nil
    }

    /// Behind the empty line.
    private static func endOfHead(_ bytes: ArraySlice<UInt8>) -> Int? {
        let end = Array("\r\n\r\n".utf8)
        return bytes.indices.first { bytes[$0...].starts(with: end) }.map { $0 + end.count }
    }
}
