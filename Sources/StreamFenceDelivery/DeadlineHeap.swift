import NIOCore

/// The lanes that want to be woken, the earliest first: a binary heap that knows each lane's place in it, so that one can
/// be moved or taken out without a search. A lane is in it once, whatever it waits for.
struct DeadlineHeap {
    private struct Node {
        var deadline: NIODeadline
        let lane: Lane
    }

    private var nodes: [Node] = []

    var earliest: NIODeadline? { nodes.first?.deadline }
    var count: Int { nodes.count }

    /// When the lane is to be woken; nil if it is not.
    func deadline(of lane: Lane) -> NIODeadline? {
        lane.heapIndex >= 0 ? nodes[lane.heapIndex].deadline : nil
    }

    /// Has the lane woken at this time, and not when it was said before.
    mutating func set(_ deadline: NIODeadline, for lane: Lane) {
        if lane.heapIndex >= 0 {
            nodes[lane.heapIndex].deadline = deadline
        } else {
            lane.heapIndex = nodes.count
            nodes.append(Node(deadline: deadline, lane: lane))
        }
        siftDown(siftUp(lane.heapIndex))
    }

    mutating func remove(_ lane: Lane) {
        let index = lane.heapIndex
        guard index >= 0 else { return }
        lane.heapIndex = -1
        let last = nodes.removeLast()
        guard index < nodes.count else { return }
        place(last, at: index)
        siftDown(siftUp(index))
    }

    /// A lane whose time has come; it is no longer in the heap.
    mutating func popDue(at now: NIODeadline) -> Lane? {
        guard let first = nodes.first, first.deadline <= now else { return nil }
        remove(first.lane)
        return first.lane
    }

    private mutating func place(_ node: Node, at index: Int) {
        nodes[index] = node
        node.lane.heapIndex = index
    }

    private mutating func siftUp(_ start: Int) -> Int {
        var index = start
        while index > 0, nodes[index].deadline < nodes[(index - 1) / 2].deadline {
            exchange(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
        return index
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        while true {
            var smallest = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < nodes.count && nodes[child].deadline < nodes[smallest].deadline {
                smallest = child
            }
            guard smallest != index else { return }
            exchange(index, smallest)
            index = smallest
        }
    }

    private mutating func exchange(_ one: Int, _ other: Int) {
        let node = nodes[one]
        place(nodes[other], at: one)
        place(node, at: other)
    }
}
