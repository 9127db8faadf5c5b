extension TestClient {
    /// Joins a namespace.
    ///
    /// - Returns: the socket's id.
    @discardableResult
    package func join(_ namespace: String, auth: String = "") async throws -> String {
        send("0\(namespace),\(auth)")
        let answer = try await packet()
        let prefix = "0\(namespace),{\"sid\":\""
        guard answer.hasPrefix(prefix), answer.hasSuffix("\"}") else {
            throw Unexpected(description: "expected to join, found \(answer)")
        }
        return String(answer.dropFirst(prefix.count).dropLast(2))
    }
}
