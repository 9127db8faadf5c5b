import Hummingbird

/// Refuses what a page of another origin has a browser send.
///
/// A port of the machine itself is open to every page that somebody on it looks at: a browser sends such a page's POST without
/// asking first, and only hides the answer. It says whose page it is.
struct SameOrigin<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        // Programs send none.
        guard let origin = request.headers[.origin] else { return try await next(request, context) }
        let authority = origin.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).first.map(
            String.init
        )
        guard let authority, authority.lowercased() == request.head.authority?.lowercased() else {
            return APIAnswer.refused(.foreignOrigin).response
        }
        return try await next(request, context)
    }
}
