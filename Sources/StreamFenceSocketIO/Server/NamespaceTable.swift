import Synchronization

/// Which handler serves a namespace.
final class NamespaceTable: Sendable {
    private struct Entries {
        var fixed: [String: any NamespaceHandler] = [:]
        var matched: [(matches: @Sendable (String) -> Bool, make: @Sendable (String) -> any NamespaceHandler)] = []
    }

    private let entries = Mutex(Entries())

    /// The handler at `path`; makes one for a path that a pattern matches, and keeps it.
    func handler(for path: String) -> (any NamespaceHandler)? {
        if let fixed = entries.withLock({ $0.fixed[path] }) { return fixed }
        // User code runs outside the lock.
        guard let pattern = entries.withLock({ $0.matched }).first(where: { $0.matches(path) }) else { return nil }
        return insert(pattern.make(path), at: path)
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
        entries.withLock { $0.matched.append((matches, make)) }
    }
}
