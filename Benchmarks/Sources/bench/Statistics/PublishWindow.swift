/// Decides how many messages may be published now. The loop is closed:
///
/// 1. On average over the subscribers, at most `size` messages are on their way. The average lets the publisher work
///    while the server does; waiting for the slowest each time would make them take turns.
/// 2. No subscriber is further behind than its queue in the server is deep, so a message that is missing was lost by
///    the server, and not dropped because it was told to.
struct PublishWindow {
    private let size: Int
    private let laneDepth: Int
    private let subscribers: Int
    private let end: Int
    private let first: Int
    /// The number of the next message.
    private(set) var published: Int
    /// The first message that not all subscribers have settled.
    private(set) var slowest: Int
    /// Messages settled, counted once a subscriber: received or skipped.
    private(set) var settled = 0
    /// How many subscribers have not settled a message; by sequence number modulo `laneDepth`, as no more are open.
    private var open: [Int]

    /// - Parameters:
    ///   - first: the sequence number of the first message.
    ///   - count: how many to publish.
    init(size: Int, laneDepth: Int, subscribers: Int, first: Int, count: Int) {
        self.size = size
        self.laneDepth = laneDepth
        self.subscribers = subscribers
        self.first = first
        self.end = first + count
        self.published = first
        self.slowest = first
        self.open = Array(repeating: 0, count: laneDepth)
    }

    var isComplete: Bool { slowest == end }

    /// The sequence number of the next message to publish; nil if it has to wait, or was the last.
    mutating func publishNext() -> Int? {
        let average = first + settled / subscribers
        guard published < end, published - average < size, published - slowest < laneDepth else { return nil }
        open[published % laneDepth] = subscribers
        published += 1
        return published - 1
    }

    /// A subscriber has received the last of `sequences`, and will not get the others any more. Numbers from before
    /// `first` don't count; none may be `published` or above.
    mutating func settle(_ sequences: Range<Int>) {
        for sequence in sequences where sequence >= first {
            settled += 1
            open[sequence % laneDepth] -= 1
        }
        while slowest < published, open[slowest % laneDepth] == 0 {
            slowest += 1
        }
    }
}
