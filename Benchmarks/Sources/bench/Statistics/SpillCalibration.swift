/// Finds out what a message takes on disk: publishes small batches, each when the folder has come to rest after the
/// one before, until two in a row made it grow by the same. The first ones don't, as they go into the lane and the
/// kernel's buffers before any is spilled.
struct SpillCalibration {
    enum Action: Equatable {
        case wait
        /// Publish so many more messages.
        case publish(Int)
        /// A message takes so many bytes.
        case done(bytesPerMessage: Double)
        case failed(String)
    }

    /// How long a folder has to stay as it is to be at rest, in nanoseconds.
    static let rest: UInt64 = 300_000_000

    private let batch: Int
    private let size: Int
    private let mostBatches: Int
    private var batches = 0
    /// What the folder held when it was last looked at, and since when.
    private var bytes = 0
    private var since: UInt64?
    /// What it held before the last batch, and how much it grew by the one before that.
    private var bytesBefore = 0
    private var growthBefore: Int?

    /// - Parameters:
    ///   - count: how many messages there are in all.
    ///   - size: of a payload, in bytes. A message does not take less.
    init(count: Int, size: Int) {
        batch = max(1, min(1000, count / 10))
        mostBatches = max(1, count / batch - 1)
        self.size = size
    }

    /// The folder holds `bytes`; the server has accepted all that was published.
    mutating func looked(at bytes: Int, _ nanoseconds: UInt64) -> Action {
        guard batches > 0 else { return publish(after: bytes) }
        guard let since, bytes == self.bytes else {
            since = nanoseconds
            self.bytes = bytes
            return .wait
        }
        guard nanoseconds - since >= Self.rest else { return .wait }
        let growth = bytes - bytesBefore
        if let growthBefore, growth >= batch * size, abs(growth - growthBefore) * 100 <= growth {
            return .done(bytesPerMessage: Double(growth) / Double(batch))
        }
        growthBefore = growth
        return publish(after: bytes)
    }

    private mutating func publish(after bytes: Int) -> Action {
        guard batches < mostBatches else {
            return .failed(
                """
                expected the spill folder to grow by \(batch * size) bytes or more, and always the same, for each \
                \(batch) messages to a client that reads nothing; the last time it grew by \(growthBefore ?? 0)
                """
            )
        }
        batches += 1
        bytesBefore = bytes
        since = nil
        return .publish(batch)
    }
}
