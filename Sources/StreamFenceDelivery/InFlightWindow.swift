import NIOCore

/// The messages of a lane that were written and await their acknowledgement.
///
/// Each stands in one list: not yet flushed, flushed and timed (one list for each delay, so that each is in the order of its
/// deadlines), or due to be sent again. Every step, an acknowledgement out of order included, costs the same however many
/// there are.
struct InFlightWindow {
    struct Slot {
        /// nil while the slot is free.
        var message: Message?
        /// Where the message stands in its lane's spill store; nil if it never was there.
        var position: UInt64?
        /// How often it was sent again.
        var retries = 0
        var deadline = NIODeadline.distantFuture
        fileprivate var list = List.unflushed
        fileprivate var previous = -1
        fileprivate var next = -1
    }

    /// By number: the fixed ones, then one for each delay.
    fileprivate enum List {
        static let unflushed = 0
        static let due = 1
        static let firstTimed = 2
    }

    private struct Ends {
        var head = -1
        var tail = -1
    }

    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var lists = [Ends(), Ends()]
    /// The encoded size of all messages, in bytes.
    private(set) var bytes = 0

    var count: Int { slots.count - freeSlots.count }
    var isEmpty: Bool { count == 0 }
    var hasDue: Bool { lists[List.due].head >= 0 }

    subscript(slot: Int) -> Slot { slots[slot] }

    /// Takes in a message that has just been written.
    ///
    /// - Returns: its slot.
    mutating func insert(_ message: Message, position: UInt64?) -> Int {
        let slot = freeSlots.popLast() ?? slots.count
        if slot == slots.count { slots.append(Slot()) }
        slots[slot] = Slot(message: message, position: position)
        append(slot, to: List.unflushed)
        bytes += message.bytes
        return slot
    }

    /// The message is dealt with; nil if the slot is free.
    mutating func remove(_ slot: Int) -> Slot? {
        guard slots.indices.contains(slot), let message = slots[slot].message else { return nil }
        unlink(slot)
        bytes -= message.bytes
        defer {
            slots[slot] = Slot()
            freeSlots.append(slot)
        }
        return slots[slot]
    }

    /// Forgets all messages, and returns them in no order.
    mutating func removeAll() -> [Message] {
        defer { self = InFlightWindow() }
        return slots.compactMap(\.message)
    }

    // MARK: Time

    /// What was written has been flushed: each waits as long as `delay` says for the number of its retries.
    mutating func flushed(at now: NIODeadline, _ delay: (Int) -> (list: Int, time: TimeAmount)) {
        while lists[List.unflushed].head >= 0 {
            let slot = lists[List.unflushed].head
            let wait = delay(slots[slot].retries)
            unlink(slot)
            slots[slot].deadline = now + wait.time
            append(slot, to: List.firstTimed + wait.list)
        }
    }

    /// When the first acknowledgement is overdue; nil if none is timed.
    var earliestDeadline: NIODeadline? {
        var earliest: NIODeadline?
        for list in lists.dropFirst(List.firstTimed) where list.head >= 0 {
            let deadline = slots[list.head].deadline
            if deadline < earliest ?? .distantFuture { earliest = deadline }
        }
        return earliest
    }

    /// A message whose acknowledgement is overdue, no longer timed; the caller has it sent again or removes it.
    mutating func takeOverdue(at now: NIODeadline) -> Int? {
        for list in lists.indices.dropFirst(List.firstTimed) {
            let slot = lists[list].head
            guard slot >= 0, slots[slot].deadline <= now else { continue }
            unlink(slot)
            append(slot, to: List.due)
            return slot
        }
        return nil
    }

    /// The message that has waited longest to be sent again, which it now is.
    mutating func takeDue() -> Int? {
        let slot = lists[List.due].head
        guard slot >= 0 else { return nil }
        unlink(slot)
        slots[slot].retries += 1
        append(slot, to: List.unflushed)
        return slot
    }

    // MARK: Lists

    private mutating func append(_ slot: Int, to list: Int) {
        while lists.count <= list { lists.append(Ends()) }
        let tail = lists[list].tail
        slots[slot].list = list
        slots[slot].previous = tail
        slots[slot].next = -1
        if tail >= 0 { slots[tail].next = slot } else { lists[list].head = slot }
        lists[list].tail = slot
    }

    private mutating func unlink(_ slot: Int) {
        let (list, previous, next) = (slots[slot].list, slots[slot].previous, slots[slot].next)
        if previous >= 0 { slots[previous].next = next } else { lists[list].head = next }
        if next >= 0 { slots[next].previous = previous } else { lists[list].tail = previous }
    }
}
