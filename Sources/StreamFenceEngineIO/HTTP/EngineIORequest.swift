import NIOHTTP1

/// What a request to an Engine.IO server asks for.
enum EngineIORequest: Equatable {
    /// A GET without `sid`.
    case open(EngineIOTransport)
    /// A GET of a polling session.
    case poll(sid: String)
    /// A POST of a polling session.
    case post(sid: String)
    /// A websocket that wants to take over a polling session.
    case upgrade(sid: String)

    /// Reads the query and the method, as the official server checks them and in its order.
    ///
    /// - Parameter isUpgrade: whether the request asks for a websocket.
    static func parse(
        _ head: HTTPRequestHead,
        isUpgrade: Bool,
        transports: EngineIOConfiguration.Transports
    ) throws(EngineIORefusal) -> EngineIORequest {
        let query = QueryParameters(uri: head.uri)
        let transport: EngineIOTransport
        switch query["transport"] {
        case "polling" where transports.contains(.polling): transport = .polling
        case "websocket" where transports.contains(.webSocket): transport = .webSocket
        default: throw .unknownTransport
        }
        guard isUpgrade == (transport == .webSocket) else { throw .badRequest }
        guard let sid = query["sid"] else {
            guard head.method == .GET else { throw .badHandshakeMethod }
            guard query["EIO"] == "4" else { throw .unsupportedProtocolVersion }
            return .open(transport)
        }
        switch (transport, head.method) {
        case (.webSocket, .GET): return .upgrade(sid: sid)
        case (.polling, .GET): return .poll(sid: sid)
        case (.polling, .POST): return .post(sid: sid)
        default: throw .badRequest
        }
    }
}

/// The parameters behind a URI's question mark, percent-decoded; the first of equal names counts.
public struct QueryParameters: Sendable {
    private let query: Substring

    /// - Parameter uri: a request's target, such as `/socket.io/?EIO=4`.
    public init(uri: String) {
        let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        query = parts.count == 2 ? parts[1] : ""
    }

    /// The first parameter of this name; empty where it has no value, nil if there is none.
    public subscript(name: String) -> String? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if Self.decode(parts[0]) == name {
                return parts.count == 2 ? Self.decode(parts[1]) : ""
            }
        }
        return nil
    }

    /// Every parameter in order.
    public var all: [(name: String, value: String)] {
        query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decode(parts[0]), parts.count == 2 ? Self.decode(parts[1]) : "")
        }
    }

    /// Percent-decodes, leaving what is no valid escape as it stands.
    private static func decode(_ text: Substring) -> String {
        let isEncoded = text.utf8.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }
        guard isEncoded else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            let pair = rest.prefix(2)
            // UInt8(_:radix:) would take a sign for a digit.
            let isHex = pair.count == 2 && pair.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
            if byte == UInt8(ascii: "%"), isHex,
                let value = UInt8(String(pair) ?? "", radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
