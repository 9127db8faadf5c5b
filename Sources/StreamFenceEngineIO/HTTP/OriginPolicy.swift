import NIOHTTP1

/// Decides which pages may talk to the server (CORS, and the websocket `Origin` check).
struct OriginPolicy: Sendable {
    private let allowed: Set<String>
    /// Those of ``allowed`` that name all hosts below one.
    private let patterns: [Pattern]
    /// What pages of the server's own origin come over; nil for anything.
    private let ownScheme: String?

    /// `https://*.example.com`: every host below `example.com`, with this scheme and port.
    private struct Pattern {
        let scheme: Substring
        /// What the host is below.
        let parent: Substring

        init?(_ text: String) {
            guard let star = text.firstRange(of: "://*.") else { return nil }
            scheme = text[..<star.lowerBound]
            parent = text[star.upperBound...]
        }

        func matches(_ origin: String) -> Bool {
            guard let authority = OriginPolicy.authority(of: origin) else { return false }
            return origin.hasPrefix("\(scheme)://") && authority.hasSuffix(".\(parent)")
        }
    }

    /// - Parameters:
    ///   - allowed: origins, `*` for any, and patterns such as `https://*.example.com`.
    ///   - ownScheme: what pages of the server's own origin come over; nil for anything.
    init(allowed: Set<String>, ownScheme: String?) {
        self.allowed = allowed
        self.ownScheme = ownScheme
        patterns = allowed.compactMap { Pattern($0) }
    }

    enum Verdict: Equatable {
        /// Not from a page of another origin; no CORS headers are needed.
        case sameOrigin
        /// From this other origin, which is allowed.
        case crossOrigin(String)
        case refused
    }

    func judge(_ headers: HTTPHeaders) -> Verdict {
        guard let origin = headers.first(name: "origin") else { return .sameOrigin }
        if isAllowed(origin) { return .crossOrigin(origin) }
        if let host = headers.first(name: "host"), isOwn(origin, host: host) { return .sameOrigin }
        return .refused
    }

    /// The one of the host that the request names. A page that came over `http` may be anybody's, and so is none where the server
    /// speaks TLS.
    private func isOwn(_ origin: String, host: String) -> Bool {
        guard Self.authority(of: origin) == host else { return false }
        return ownScheme.map { origin.hasPrefix("\($0)://") } ?? true
    }

    private func isAllowed(_ origin: String) -> Bool {
        allowed.contains("*") || allowed.contains(origin) || patterns.contains { $0.matches(origin) }
    }

    private static func authority(of origin: String) -> String? {
        let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[1].isEmpty ? String(parts[2]) : nil
    }

    /// What an answer to an allowed page carries. No credentials are involved, as sessions use no cookies.
    static func headers(for verdict: Verdict, preflight: Bool) -> HTTPHeaders {
        guard case .crossOrigin(let origin) = verdict else { return [:] }
        var headers: HTTPHeaders = ["access-control-allow-origin": origin, "vary": "Origin"]
        if preflight {
            headers.add(name: "access-control-allow-methods", value: "GET, POST")
            headers.add(name: "access-control-allow-headers", value: "content-type, authorization")
            headers.add(name: "access-control-max-age", value: "600")
        }
        return headers
    }
}
