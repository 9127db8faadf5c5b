import Hummingbird

/// Whatever a call ends in, it is answered as the API answers.
struct ErrorAnswers<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as ManagementError {
            return APIAnswer.refused(error).response
        } catch let error as any HTTPResponseError {
            return APIAnswer.refused(ManagementError(error.status)).response
        }
    }
}

extension ManagementError {
    /// What the HTTP server itself refuses.
    fileprivate init(_ status: HTTPResponse.Status) {
        switch status {
        case .notFound:
            self.init(status, "NOT_FOUND", "there is nothing of this method and path")
        default:
            self.init(status, "INVALID_REQUEST", status.reasonPhrase)
        }
    }
}
