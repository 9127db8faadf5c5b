import Synchronization

/// Which handler serves a namespace.
///
/// A namespace that was made because a pattern matched its path lives as long as a client is in it or asks to be: clients
/// must not leave behind as many namespaces as they can think of names.
final class NamespaceTable: Sendable {
    struct Pattern: Sendable {
        let matches: @Sendable (String) -> Bool
        let make: @Sendable (String) -> any NamespaceHandler
    }

    struct Entry {
        let handler: any NamespaceHandler
        /// How many clients are in it or ask to be; nil for one that stays for good.
        var users: Int?
    }

    struct State {
        var entries: [String: Entry] = [:]
        var patterns: [Pattern] = []
    }

    private let state = Mutex(State())

    /// The handler at `path`, for a client that wants to join; made if a pattern matches. To be given back with
    /// ``release(_:)`` when the client has left or was refused.
    func acquire(_ path: String) -> (any NamespaceHandler)? {
        find(path, staying: false)
    }

    /// A client has left the namespace at `path`, or was not let in.
    func release(_ path: String) {
        state.withLock { state in
            guard let users = state.entries[path]?.users else { return }
            state.entries[path]?.users = users - 1
            if users == 1 { state.entries[path] = nil }
        }
    }

    /// The handler at `path`, for the program, to stay for good; `made` where no pattern matches.
    func keep(_ path: String, else made: @autoclosure () -> any NamespaceHandler) -> any NamespaceHandler {
        find(path, staying: true) ?? insert(made(), at: path, staying: true)
    }

    private func find(_ path: String, staying: Bool) -> (any NamespaceHandler)? {
        if let existing = state.withLock({ $0.use(path, staying: staying) }) { return existing }
        // User code runs outside the lock.
        guard let pattern = state.withLock({ $0.patterns }).first(where: { $0.matches(path) }) else { return nil }
        return insert(pattern.make(path), at: path, staying: staying)
    }

    /// Serves `path` with `handler` unless somebody already does.
    ///
    /// - Returns: who serves it now.
    @discardableResult
    func insert(_ handler: any NamespaceHandler, at path: String, staying: Bool = true) -> any NamespaceHandler {
        state.withLock { state in
            if let existing = state.use(path, staying: staying) { return existing }
            state.entries[path] = Entry(handler: handler, users: staying ? nil : 1)
            return handler
        }
    }

    /// Serves every path that matches with a handler of its own.
    func insert(
        matching matches: @escaping @Sendable (String) -> Bool,
        make: @escaping @Sendable (String) -> any NamespaceHandler
    ) {
        state.withLock { $0.patterns.append(Pattern(matches: matches, make: make)) }
    }
}

extension NamespaceTable.State {
    /// The handler at `path`, counted as used once more, or to stay for good.
    mutating func use(_ path: String, staying: Bool) -> (any NamespaceHandler)? {
        guard let entry = entries[path] else { return nil }
        entries[path]?.users = staying ? nil : entry.users.map { $0 + 1 }
        return entry.handler
    }
}
