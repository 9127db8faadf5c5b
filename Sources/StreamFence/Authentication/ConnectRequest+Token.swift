import StreamFenceSocketIO

extension ConnectRequest {
    /// The token a client sent when it joined: `auth.token`, else the header `Authorization: Bearer`, else the query's `token`
    /// where that is allowed.
    ///
    /// - Throws: ``ErrorCode/invalidRequest`` if `auth.token` is none.
    func token(allowingQuery: Bool) throws(RequestError) -> String? {
        if let token = auth?["token"], !token.isNull {
            guard let text = token.string else {
                throw RequestError(.invalidRequest, "expected a string as token")
            }
            return text
        }
        return bearerToken ?? (allowingQuery ? handshake.query["token"] : nil)
    }

    /// RFC 6750, section 2.1; the scheme's name in any case (RFC 9110, section 11.1).
    private var bearerToken: String? {
        guard let header = handshake.headers.first(name: "authorization") else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return parts[1].trimmingPrefix { $0 == " " }.description
    }
}
