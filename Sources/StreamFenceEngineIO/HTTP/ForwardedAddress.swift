import NIOHTTP1

/// Whose request it is that came through proxies.
enum ForwardedAddress {
    /// More hops than any request has that somebody did not make up.
    private static let mostHops = 16

    /// The address nearest to the server that is no trusted proxy's. Each proxy appends to `X-Forwarded-For` where its request
    /// came from; what stands before the entry of a stranger is the stranger's to choose, and is not looked at.
    ///
    /// - Parameter peer: the other end of the connection.
    static func resolve(peer: String, _ headers: HTTPHeaders, trusting proxies: [AddressRange]) -> String {
        guard !proxies.isEmpty, isTrusted(peer, proxies) else { return peer }
        var client = peer
        let forwarded = headers["x-forwarded-for"]
        guard !forwarded.isEmpty else { return peer }
        let hops = forwarded.joined(separator: ",").split(separator: ",", omittingEmptySubsequences: false)
        for hop in hops.reversed().prefix(mostHops) {
            guard let address = address(in: hop) else { return client }
            client = address
            guard isTrusted(address, proxies) else { return client }
        }
        return client
    }

    private static func isTrusted(_ address: String, _ proxies: [AddressRange]) -> Bool {
        proxies.contains { $0.contains(address) }
    }

    /// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711` without its port; nil for no address.
    private static func address(in hop: Substring) -> String? {
        var text = hop.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            text = text[..<end].dropFirst()
        } else if text.filter({ $0 == ":" }).count == 1 {
            text = text.prefix { $0 != ":" }
        }
        return AddressRange(String(text)) != nil && !text.contains("/") ? String(text) : nil
    }
}
