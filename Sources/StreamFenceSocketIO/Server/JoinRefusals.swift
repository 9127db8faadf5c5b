import Synchronization

/// Joins that were refused for a limit of their connection. One for a server; counted on any thread.
final class JoinRefusals: Sendable {
    private let byRateCount = Atomic(0)
    private let byNamespacesCount = Atomic(0)

    /// The connection sends more than it may.
    var byRate: Int { byRateCount.load(ordering: .relaxed) }
    /// It is in as many namespaces as it may.
    var byNamespaces: Int { byNamespacesCount.load(ordering: .relaxed) }

    func countByRate() {
        byRateCount.wrappingAdd(1, ordering: .relaxed)
    }

    func countByNamespaces() {
        byNamespacesCount.wrappingAdd(1, ordering: .relaxed)
    }
}
