import StreamFencePluginKit

/// What the service has answered, for as long as that holds.
///
/// Refusals are kept apart: whoever sends one bad token after the other pushes out no good ones.
struct AnswerCache {
    struct Limits: Sendable {
        /// Of accepted tokens, and of refused ones.
        var entries: Int
        /// How long the acceptance of a token is kept at most, whatever the service says.
        var lifetime: Duration
        /// The same of a refusal.
        var refusalLifetime: Duration
    }

    private struct Entry {
        let decision: TokenDecision
        /// Since 1970 UTC. Whatever the clock says, it does not hold before that.
        let from: Duration
        /// It does not hold any more then.
        let until: Duration
    }

    private let limits: Limits
    private var accepted: RecentlyUsed<Question.Digest, Entry>
    private var refused: RecentlyUsed<Question.Digest, Entry>

    init(_ limits: Limits) {
        self.limits = limits
        accepted = RecentlyUsed(limits.entries)
        refused = RecentlyUsed(limits.entries)
    }

    /// - Parameter now: since 1970 UTC.
    mutating func decision(_ key: Question.Digest, at now: Duration) -> TokenDecision? {
        guard let entry = accepted[key] ?? refused[key], entry.from <= now, now < entry.until else { return nil }
        return entry.decision
    }

    /// Keeps an answer as long as it holds; not at all where the service names no time.
    mutating func keep(_ answer: Answer, _ key: Question.Digest, at now: Duration) {
        // What was said before holds no more.
        accepted.take(key)
        refused.take(key)
        switch answer.decision {
        case .accept(_, let expiresAt, _):
            let until = min(now + min(answer.lifetime, limits.lifetime), expiresAt ?? .seconds(Int64.max))
            if now < until { accepted.put(Entry(decision: answer.decision, from: now, until: until), key) }
        case .reject:
            let until = now + min(answer.lifetime, limits.refusalLifetime)
            if now < until { refused.put(Entry(decision: answer.decision, from: now, until: until), key) }
        }
    }
}
