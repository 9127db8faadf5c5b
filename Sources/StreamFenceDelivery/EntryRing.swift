/// The entries of a lane, oldest first, in a block of memory that doubles when it is full.
///
/// A `Deque` would do, but for policies that look at every message: what is read here through ``message(at:_:)`` takes no reference to
/// anything, which costs more than all else.
struct EntryRing: ~Copyable {
    typealias Entry = LaneQueue.Entry

    /// How large a block may be that an empty ring keeps.
    private static let kept = 256

    /// How many there is room for: a power of two, or 0 without a block.
    private var capacity = 0
    private var slots: UnsafeMutablePointer<Entry>?
    /// The slot of the oldest.
    private var head = 0
    private(set) var count = 0

    deinit {
        for index in 0..<count { slot(of: index).deinitialize(count: 1) }
        slots?.deallocate()
    }

    /// - Parameter index: 0 is the oldest; has to be one there is.
    subscript(index: Int) -> Entry {
        get { slot(of: index).pointee }
        _modify { yield &slot(of: index).pointee }
    }

    /// Reads something of a message that does not outlive the call.
    @inline(__always)
    func message<Value>(at index: Int, _ read: (Message) -> Value) -> Value {
        Unmanaged.passUnretained(slot(of: index).pointee.message)._withUnsafeGuaranteedRef { read($0) }
    }

    mutating func append(_ entry: consuming Entry) {
        if count == capacity { grow() }
        count += 1
        slot(of: count - 1).initialize(to: entry)
    }

    mutating func popFirst() -> Entry? {
        guard count > 0 else { return nil }
        let entry = slot(of: 0).move()
        head = (head + 1) & (capacity - 1)
        count -= 1
        if count == 0, capacity > Self.kept { free() }
        return entry
    }

    /// Moves those on the shorter side of it.
    mutating func remove(at index: Int) -> Entry {
        let entry = slot(of: index).move()
        if index < count / 2 {
            for later in stride(from: index, to: 0, by: -1) {
                slot(of: later).moveInitialize(from: slot(of: later - 1), count: 1)
            }
            head = (head + 1) & (capacity - 1)
        } else {
            for earlier in index..<count - 1 {
                slot(of: earlier).moveInitialize(from: slot(of: earlier + 1), count: 1)
            }
        }
        count -= 1
        if count == 0, capacity > Self.kept { free() }
        return entry
    }

    @inline(__always)
    private func slot(of index: Int) -> UnsafeMutablePointer<Entry> {
        precondition(index >= 0 && index < count, "expected an entry that there is")
        // There is a block, as there is an entry.
        return slots.unsafelyUnwrapped + ((head + index) & (capacity - 1))
    }

    /// What a lane had to hold once is not what it needs from then on.
    private mutating func free() {
        slots?.deallocate()
        slots = nil
        (capacity, head) = (0, 0)
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: max(4, capacity * 2))
        for index in 0..<count { (larger + index).moveInitialize(from: slot(of: index), count: 1) }
        slots?.deallocate()
        slots = larger
        capacity = max(4, capacity * 2)
        head = 0
    }
}
