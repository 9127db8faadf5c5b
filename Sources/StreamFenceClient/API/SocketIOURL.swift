/// Where a Socket.IO server is, and which of its namespaces is meant: `http://host:port/namespace`.
///
/// `ws://` means the same as `http://`, and `wss://` the same as `https://`, which is over TLS. A missing port is 80, or 443 over TLS;
/// a missing namespace is `/`. The namespace is taken literally,
/// as other Socket.IO clients do; the path of the HTTP request is ``path``, whatever the namespace.
public struct SocketIOURL: Sendable, Equatable, CustomStringConvertible {
    /// A name or an address; an IPv6 address without its brackets.
    public let host: String
    /// From 1 to 65535; 80, or 443 over TLS, where the text names none.
    public let port: Int
    /// Whether the connection is over TLS.
    public let isSecure: Bool
    /// With its leading slash.
    public let namespace: String
    /// Where the server answers HTTP requests, default `/socket.io/`.
    public var path = "/socket.io/"

    /// - Throws: ``SocketIOURLError``, which says what was expected and what was found.
    public init(_ text: String) throws(SocketIOURLError) {
        guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            throw SocketIOURLError(expected: "a URL without white space", found: text)
        }
        guard let (scheme, rest) = Self.split(text[...], at: "://") else {
            throw SocketIOURLError(expected: "http://host:port/namespace", found: text)
        }
        switch scheme.lowercased() {
        case "http", "ws":
            isSecure = false
        case "https", "wss":
            isSecure = true
        default:
            throw SocketIOURLError(expected: "http://, https://, ws:// or wss://", found: "\(scheme)://")
        }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        (host, port) = try Self.address(rest[..<end], defaultPort: isSecure ? 443 : 80)
        namespace = try Self.namespace(rest[end...])
    }

    /// The URL, with what was left out filled in.
    public var description: String { "\(isSecure ? "https" : "http")://\(address)\(namespace)" }

    /// `host:port`, as it stands in messages and in the `Host` header.
    public var address: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private static func address(
        _ authority: Substring,
        defaultPort: Int
    ) throws(SocketIOURLError) -> (host: String, port: Int) {
        let isBracketed = authority.first == "["
        let bracket = isBracketed ? authority.firstIndex(of: "]") : nil
        let afterHost = bracket.map(authority.index(after:)) ?? authority.firstIndex(of: ":") ?? authority.endIndex
        let host = bracket.map { authority[..<$0].dropFirst() } ?? authority[..<afterHost]
        let isPlain = host.utf8.allSatisfy { isHostByte($0) || (isBracketed && $0 == UInt8(ascii: ":")) }
        guard !host.isEmpty, isPlain, bracket != nil || !isBracketed else {
            throw SocketIOURLError(expected: "a host name or address", found: "\"\(authority)\"")
        }
        var port = authority[afterHost...]
        guard !port.isEmpty else { return (String(host), defaultPort) }
        guard port.removeFirst() == ":", port.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(port), (1...65_535).contains(number)
        else {
            throw SocketIOURLError(expected: "a port from 1 to 65535", found: "\"\(port)\"")
        }
        return (String(host), number)
    }

    /// Letters, digits, and what else a host name or a percent-encoded one may hold; no `@`: nobody reads a password here.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func namespace(_ text: Substring) throws(SocketIOURLError) -> String {
        if let extra = text.first(where: { $0 == "?" || $0 == "#" || $0 == "," }) {
            throw SocketIOURLError(expected: "a namespace such as /feed and nothing behind it", found: "\"\(extra)\"")
        }
        return text.isEmpty ? "/" : String(text)
    }

    private static func split(_ text: Substring, at mark: String) -> (Substring, Substring)? {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix(mark) else { return nil }
        return (text[..<colon], text[colon...].dropFirst(mark.count))
    }
}

/// Why a text is no ``SocketIOURL``.
public struct SocketIOURLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was expected and what was found.
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    init(expected: String, found: String) {
        self.init("expected \(expected), found \(found)")
    }
}
