// Where `notifyGaps` is on, a client is told of what it lost before the first message after the loss. So a loss is noted at its
// place in the lane: with the message behind it in the queue, else behind the queue, else behind the spill store.
extension Lane {
    private var tellsLosses: Bool { settings.gapNotice != nil }

    /// Whether a loss is still to be told before the next message.
    var owesGap: Bool { tailGap != nil || spill?.tailGap != nil }

    /// A message was lost behind all others.
    func lostNewcomer() {
        guard tellsLosses else { return }
        let gap = Gap(dropped: 1, reason: .overflow)
        if let spill, !spill.isEmpty { spill.tailGap.add(gap) } else { tailGap.add(gap) }
    }

    /// A loss right before the message at `index` of the queue, or right behind the queue if there is none.
    func lost(_ gap: Gap?, beforeMessageAt index: Int) {
        guard tellsLosses, let gap else { return }
        if index < queue.count { queue.addGap(gap, before: index) } else { tailGap = gap.and(tailGap) }
    }

    /// A loss between what is in memory and what is still in the spill store.
    func lostBeforeSpilled(_ gap: Gap) {
        tailGap.add(gap)
    }

    /// What is to be told before the message that comes out of the spill store now.
    func takeLossBeforeSpilled() -> Gap? {
        defer { tailGap = nil }
        return tailGap
    }

    /// What is to be told before the message that comes new now; there is nothing in the spill store.
    func takeLossBeforeNewcomer() -> Gap? {
        guard tellsLosses else { return nil }
        var gap = takeLossBeforeSpilled()
        gap.add(spill?.tailGap)
        spill?.tailGap = nil
        return gap
    }
}
