import Testing

extension TestClient {
    /// Passes when this packet arrives next.
    package func expect(_ packet: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await expect(.packet(packet), sourceLocation: sourceLocation)
    }

    /// Passes when this arrives next.
    package func expect(_ frame: Frame, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let found = try await next()
        #expect(found == frame, sourceLocation: sourceLocation)
    }
}
