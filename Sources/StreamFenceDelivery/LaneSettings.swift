import NIOCore
import StreamFencePluginKit

/// What the lanes of a namespace have in common.
package final class LaneSettings: Sendable {
    /// The namespace's path, for the policy to know.
    let namespace: String
    /// The most messages a lane holds, those in flight included.
    let maxMessages: Int
    /// The most bytes all lanes of a client hold, those in flight included.
    let maxBytes: Int
    let policy: any OverflowPolicy
    /// ``policy``, if it is a plugin's.
    let foreignPolicy: (any ForeignOverflowPolicy)?
    /// The function of ``foreignPolicy``.
    let foreignFunction: ForeignFunction?
    /// Whether a message takes the place of a waiting one of its key before the lane is full.
    let coalesces: Bool
    /// nil for BEST_EFFORT.
    let acknowledgement: AcknowledgementSettings?
    /// How old a message may be when its turn comes.
    let timeToLive: TimeAmount?
    /// The shortest time between two messages of a lane; the newest that came meanwhile is sent.
    let minInterval: TimeAmount?
    /// Makes the message that tells a client of a loss on a topic; nil if clients are not told.
    let gapNotice: GapNotice?
    /// Where lanes spill to; nil if they don't.
    let spill: SpillService?
    let memory: MemoryBudget
    let observer: (any LaneObserver)?

    package typealias GapNotice = @Sendable (_ topic: String, _ gap: Gap) -> Message

    package init(
        namespace: String,
        maxMessages: Int,
        maxBytes: Int,
        policy: any OverflowPolicy,
        coalesces: Bool = false,
        acknowledgement: AcknowledgementSettings? = nil,
        timeToLive: TimeAmount? = nil,
        minInterval: TimeAmount? = nil,
        gapNotice: GapNotice? = nil,
        spill: SpillService? = nil,
        memory: MemoryBudget,
        observer: (any LaneObserver)? = nil
    ) {
        self.namespace = namespace
        self.maxMessages = maxMessages
        self.maxBytes = maxBytes
        self.policy = policy
        foreignPolicy = policy as? any ForeignOverflowPolicy
        foreignFunction = foreignPolicy?.foreignFunction
        self.coalesces = coalesces
        self.acknowledgement = acknowledgement
        self.timeToLive = timeToLive
        self.minInterval = minInterval
        self.gapNotice = gapNotice
        self.spill = spill
        self.memory = memory
        self.observer = observer
    }
}

/// Hears of what happens to a client's messages. Called on the client's event loop, while lanes are being worked on: it may
/// only take note.
package protocol LaneObserver: Sendable {
    /// Messages found no room, or their spill store lost them. `detail` is what the policy or the store said.
    func overflowed(client: String, topic: String, reason: OverflowReason, messages: Int, detail: String?)
    /// A message was sent again, for the `retries`th time.
    func retried(client: String, topic: String, message: UInt64, retries: Int)
    /// A message was given up after so many retries.
    func retryExhausted(client: String, topic: String, message: UInt64, retries: Int)
}
