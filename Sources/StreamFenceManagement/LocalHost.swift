import Hummingbird
import NIOCore

/// Refuses a request for any host but this machine, where no token keeps strangers out.
///
/// A web page may have its own name resolved to this machine (DNS rebinding): for a browser the port is then of the page's
/// origin, and nothing is foreign to ``SameOrigin``. The name stands in `Host` all the same. An address is nobody's to resolve.
struct LocalHost<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let authority = request.head.authority, Self.isLocal(authority) else {
            throw ManagementError.foreignHost(request.head.authority)
        }
        return try await next(request, context)
    }

    /// Whether it is `localhost` or an IP address; the port, if there is one, is whatever it is.
    static func isLocal(_ authority: String) -> Bool {
        let host: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return false }
            host = authority[..<end].dropFirst()
        } else {
            host = authority.prefix { $0 != ":" }
        }
        return host.lowercased() == "localhost" || (try? SocketAddress(ipAddress: String(host), port: 0)) != nil
    }
}
