import Synchronization

/// Which handler serves a namespace.
final class NamespaceTable: Sendable {
    private struct Entries {
        var fixed: [String: any NamespaceHandler] = [:]
        var patterns: [(matches: @Sendable (String) -> Bool, make: @Sendable (String) -> any NamespaceHandler)] = []
        /// How many of the fixed ones were made for a pattern.
        var madeForPatterns = 0
    }

    /// The most namespaces that clients can have made by asking for paths that a pattern matches.
    static let maxMadeForPatterns = 10_000

    private let entries = Mutex(Entries())

    /// The handler at `path`; makes one for a path that a pattern matches, and keeps it.
    func handler(for path: String) -> (any NamespaceHandler)? {
        if let fixed = entries.withLock({ $0.fixed[path] }) { return fixed }
        // User code runs outside the lock.
        guard let pattern = entries.withLock({ $0.patterns }).first(where: { $0.matches(path) }) else { return nil }
        let handler = pattern.make(path)
        return entries.withLock { entries in
            if let existing = entries.fixed[path] { return existing }
            guard entries.madeForPatterns < Self.maxMadeForPatterns else { return nil }
            entries.madeForPatterns += 1
            entries.fixed[path] = handler
            return handler
        }
    }

    /// Serves `path` with `handler` unless somebody already does.
    ///
    /// - Returns: who serves it now.
    @discardableResult
    func insert(_ handler: any NamespaceHandler, at path: String) -> any NamespaceHandler {
        entries.withLock { entries in
            if let existing = entries.fixed[path] { return existing }
            entries.fixed[path] = handler
            return handler
        }
    }

    /// Serves every path that matches with a handler of its own.
    func insert(
        matching matches: @escaping @Sendable (String) -> Bool,
        make: @escaping @Sendable (String) -> any NamespaceHandler
    ) {
        entries.withLock { $0.patterns.append((matches, make)) }
    }
}
