import Hummingbird

/// Lets a call through only with the token of the configuration.
///
/// On the routes of the API itself and not on all paths that begin alike: what a path is, is the router's to say.
struct BearerToken<Context: RequestContext>: RouterMiddleware {
    private let token: [UInt8]

    init(_ token: String) {
        self.token = Array(token.utf8)
    }

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let given = Self.token(in: request.headers), isToken(given) else {
            return APIAnswer.refused(.unauthorized).response
        }
        return try await next(request, context)
    }

    /// What stands behind `Bearer`, which may be written in any case (RFC 9110, 11.1).
    private static func token(in headers: HTTPFields) -> [UInt8]? {
        let values = headers[values: .authorization]
        guard values.count == 1, let value = values.first else { return nil }
        let parts = value.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return Array(parts[1].utf8)
    }

    /// Takes as long whatever the first difference is: how long it takes must not tell how much of a guess is right.
    private func isToken(_ given: [UInt8]) -> Bool {
        guard !token.isEmpty else { return false }
        var difference = given.count ^ token.count
        for (index, byte) in given.enumerated() { difference |= Int(byte ^ token[index % token.count]) }
        return difference == 0
    }
}
