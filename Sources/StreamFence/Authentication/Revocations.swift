import NIOCore
import Synchronization

/// The principals that were cut off a short while ago: a validation that had begun before may still accept a token of theirs.
///
/// Who asks later gets what the validator says then. May be used from any thread.
final class Revocations: Sendable {
    /// How long a validation may take, at most: what is older matters to none.
    private let longestValidation: TimeAmount
    private let now: @Sendable () -> NIODeadline
    private let times = Mutex<[String: NIODeadline]>([:])

    /// - Parameter now: a clock that only goes forward, the one that tells when a validation began.
    init(longestValidation: TimeAmount, now: @escaping @Sendable () -> NIODeadline = { NIODeadline.now() }) {
        self.longestValidation = longestValidation
        self.now = now
    }

    func revoke(_ principal: String) {
        let time = now()
        times.withLock { times in
            times = times.filter { time - $0.value <= longestValidation }
            times[principal] = time
        }
    }

    /// How many principals are remembered.
    var principalCount: Int { times.withLock { $0.count } }

    /// Whether a principal was cut off since a validation of its token began.
    func hasRevoked(_ principal: String, since start: NIODeadline) -> Bool {
        times.withLock { times in times[principal].map { $0 >= start } ?? false }
    }
}
