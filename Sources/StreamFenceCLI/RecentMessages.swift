/// The ids of the latest messages, to tell one that is sent again from a new one. Bounded, as a command may run for months: a
/// message is sent again while it awaits its acknowledgement, and so few come between.
struct RecentMessages {
    private static let limit = 10_000

    private var ids: Set<String> = []
    /// The same in the order they came; full, the oldest is at ``next``.
    private var order: [String] = []
    private var next = 0

    /// - Returns: false if the message is known.
    mutating func insert(_ id: String) -> Bool {
        guard ids.insert(id).inserted else { return false }
        if order.count < Self.limit {
            order.append(id)
        } else {
            ids.remove(order[next])
            order[next] = id
            next = (next + 1) % Self.limit
        }
        return true
    }
}
