import NIOHTTP1

/// Decides which pages may talk to the server (CORS, and the websocket `Origin` check).
struct OriginPolicy: Sendable {
    private let allowed: Set<String>
    /// Those of ``allowed`` that name all hosts below one.
    private let patterns: [Pattern]

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

    /// - Parameter allowed: origins, `*` for any, and patterns such as `https://*.example.com`.
    init(allowed: Set<String>) {
        self.allowed = allowed
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
        if let host = headers.first(name: "host"), Self.authority(of: origin) == host { return .sameOrigin }
        return .refused
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
