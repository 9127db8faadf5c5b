import Synchronization

/// Objects that must not outlive their client, by name.
package final class Remains: Sendable {
    /// Only asked whether it is nil: what it refers to is not touched.
    private final class Weak: @unchecked Sendable {
        weak var object: AnyObject?

        init(_ object: AnyObject?) { self.object = object }
    }

    private let objects = Mutex<[String: Weak]>([:])

    package init() {}

    package func watch(_ object: AnyObject?, _ name: String) {
        let reference = Weak(object)
        objects.withLock { $0[name] = reference }
    }

    package var count: Int { objects.withLock { $0.count } }

    /// The names of those that are still there after every loop has had time to let go.
    package func found() async throws -> [String] {
        for _ in 0..<200 {
            try await turnAll()
            if living.isEmpty { return [] }
        }
        return living
    }

    private var living: [String] {
        objects.withLock { $0.filter { $0.value.object != nil }.keys.sorted() }
    }
}
