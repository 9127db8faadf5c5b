/// So many values and no more: of too many, the one goes that was not asked for in the longest time. Every operation takes the same
/// time, however many there are.
struct RecentlyUsed<Key: Hashable, Value> {
    private struct Item {
        var key: Key
        var value: Value
        /// Places in the ring: of the one that was used next, and of the one used just before.
        var newer: Int
        var older: Int
    }

    private let most: Int
    private var places: [Key: Int] = [:]
    private var items: [Item?] = []
    private var free: [Int] = []
    /// The place of the one that was used last. Its newer one is the oldest.
    private var newest: Int?

    /// - Parameter most: at least 1.
    init(_ most: Int) {
        self.most = most
    }

    subscript(key: Key) -> Value? {
        mutating get {
            guard let item = take(key) else { return nil }
            put(item, key)
            return item
        }
    }

    mutating func put(_ value: Value, _ key: Key) {
        take(key)
        if places.count == most, let newest, let oldest = items[newest]?.newer, let item = items[oldest] {
            take(item.key)
        }
        let place = free.popLast() ?? items.count
        if place == items.count { items.append(nil) }
        let oldest = newest.flatMap { items[$0]?.newer } ?? place
        items[place] = Item(key: key, value: value, newer: oldest, older: newest ?? place)
        items[oldest]?.older = place
        if let newest { items[newest]?.newer = place }
        places[key] = place
        newest = place
    }

    /// Removes a value.
    @discardableResult
    mutating func take(_ key: Key) -> Value? {
        guard let place = places.removeValue(forKey: key), let item = items[place] else { return nil }
        items[item.newer]?.older = item.older
        items[item.older]?.newer = item.newer
        if newest == place { newest = item.older == place ? nil : item.older }
        items[place] = nil
        free.append(place)
        return item.value
    }
}
