import StreamFenceEngineIO
import Synchronization

/// How many connections each principal has, where it may have only so many. One for a server; may be used from any thread.
final class PrincipalConnections: Sendable {
    private let most: Int
    /// The sessions of each principal, and how many clients of each session have a place.
    private let sessions = Mutex<[String: [String: Int]]>([:])
    /// Clients that were refused a place.
    let refused = Counter()

    /// - Parameter most: connections of one principal at a time.
    init(most: Int) {
        self.most = most
    }

    /// One client's place, which it has as long as this exists. Its other namespaces share its connection.
    final class Place {
        private let principal: String
        private let session: String
        private let connections: PrincipalConnections

        fileprivate init(_ principal: String, _ session: String, _ connections: PrincipalConnections) {
            self.principal = principal
            self.session = session
            self.connections = connections
        }

        deinit {
            connections.leave(principal, session)
        }
    }

    /// - Returns: nil if the principal has as many connections as it may; that is counted.
    func place(for principal: String, session: String) -> Place? {
        let isIn = sessions.withLock { sessions in
            guard sessions[principal]?[session] != nil || sessions[principal]?.count ?? 0 < most else { return false }
            sessions[principal, default: [:]][session, default: 0] += 1
            return true
        }
        guard isIn else {
            refused.increment()
            return nil
        }
        return Place(principal, session, self)
    }

    private func leave(_ principal: String, _ session: String) {
        sessions.withLock { sessions in
            guard let count = sessions[principal]?[session] else { return }
            sessions[principal]?[session] = count > 1 ? count - 1 : nil
            if sessions[principal]?.isEmpty == true { sessions[principal] = nil }
        }
    }
}
