import NIOHTTP1

/// Decides which pages may talk to the server (CORS, and the websocket `Origin` check).
struct OriginPolicy: Sendable {
    let allowed: Set<String>

    enum Verdict: Equatable {
        /// Not from a page of another origin; no CORS headers are needed.
        case sameOrigin
        /// From this other origin, which is allowed.
        case crossOrigin(String)
        case refused
    }

    func judge(_ headers: HTTPHeaders) -> Verdict {
        guard let origin = headers.first(name: "origin") else { return .sameOrigin }
        if allowed.contains("*") || allowed.contains(origin) { return .crossOrigin(origin) }
        if let host = headers.first(name: "host"), Self.authority(of: origin) == host { return .sameOrigin }
        return .refused
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
