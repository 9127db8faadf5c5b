/// The messages that wait in a lane, oldest first, with what has to be known about them without a search: their bytes, and
/// the newest of each key.
struct LaneQueue: ~Copyable {
    struct Entry {
        var message: Message
        /// What was lost before this message.
        var gap: Gap?
        /// Where the message stands in its lane's spill store; nil if it never was there.
        var position: UInt64?
    }

    private var entries = EntryRing()
    /// The encoded size of all entries, in bytes.
    private(set) var bytes = 0
    /// How many entries have left at the front: what an index has to be added to, to stay true while others leave.
    private var left = 0
    /// Where the newest entry of each key stands, counted with ``left``. Made when first asked for, forgotten when the order
    /// changes in a way that is not worth following.
    private var newestOfKey: [String?: Int]?

    var isEmpty: Bool { entries.count == 0 }
    var count: Int { entries.count }
    var indices: Range<Int> { 0..<entries.count }

    subscript(index: Int) -> Entry { entries[index] }

    // For policies, which may ask this of thousands at once.

    func bytes(at index: Int) -> Int { entries.message(at: index) { $0.bytes } }
    func rank(at index: Int) -> Int64 { entries.message(at: index) { $0.rank } }

    mutating func append(_ entry: Entry) {
        newestOfKey?[entry.message.key] = left + entries.count
        entries.append(entry)
        bytes += entry.message.bytes
    }

    mutating func popFirst() -> Entry? {
        guard let entry = entries.popFirst() else { return nil }
        if newestOfKey?[entry.message.key] == left { newestOfKey?.removeValue(forKey: entry.message.key) }
        left += 1
        bytes -= entry.message.bytes
        return entry
    }

    mutating func remove(at index: Int) -> Entry {
        newestOfKey = nil
        let entry = entries.remove(at: index)
        bytes -= entry.message.bytes
        return entry
    }

    /// Puts a message in the place of another, which then is nowhere any more; what was lost before that one stays.
    mutating func replace(at index: Int, with message: Message) {
        let old = entries[index].message
        if old.key != message.key { newestOfKey = nil }
        bytes += message.bytes - old.bytes
        entries[index].message = message
        entries[index].position = nil
    }

    /// Something was lost right before the entry at `index`.
    mutating func addGap(_ gap: Gap, before index: Int) {
        entries[index].gap = gap.and(entries[index].gap)
    }

    mutating func removeAll() -> [Entry] {
        var removed: [Entry] = []
        removed.reserveCapacity(entries.count)
        while let entry = entries.popFirst() { removed.append(entry) }
        self = LaneQueue()
        return removed
    }

    /// The newest entry with this key. The first time it looks at all of them, from then on it knows.
    mutating func lastIndex(ofKey key: String?) -> Int? {
        if newestOfKey == nil {
            var newest: [String?: Int] = [:]
            for index in 0..<entries.count { newest[entries[index].message.key] = left + index }
            newestOfKey = newest
        }
        guard let place = newestOfKey?[key] else { return nil }
        return place - left
    }
}
