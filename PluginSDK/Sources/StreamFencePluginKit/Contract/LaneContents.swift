/// What a policy reads of a lane, as somebody holds it: the core, or a test of a policy, which calls ``Overflow/with`` with it.
///
/// The answers are those of ``OverflowLane``, which says what an index is.
public protocol LaneContents {
    /// The namespace's path, such as `/feed`.
    var namespace: String { get }
    /// The lane's topic.
    var topic: String { get }
    /// The encoded size of a message in bytes.
    func bytes(at index: Int?) -> Int
    /// What the policy's ``OverflowPolicy/rank(payload:key:)`` said of a message.
    func rank(at index: Int?) -> Int64
    /// The key that a message was published with, if any.
    func key(at index: Int?) -> String?
    /// Calls `body`, once, with the payload of a message, JSON; valid during the call only.
    func withPayload(at index: Int?, _ body: (UnsafeRawBufferPointer) -> Void)
    /// The index of the newest waiting message with the same key as the one at `index`; nil if there is none.
    func newestOfSameKey(at index: Int?) -> Int?
}
