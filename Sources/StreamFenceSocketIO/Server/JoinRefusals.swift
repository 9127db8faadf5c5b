import StreamFenceEngineIO

/// Joins that were refused for a limit of their connection. One for a server.
final class JoinRefusals: Sendable {
    /// The connection sends more than it may.
    let byRate = Counter()
    /// It is in as many namespaces as it may.
    let byNamespaces = Counter()
}
