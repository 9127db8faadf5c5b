import CStreamFencePlugin

/// Read access to the messages that wait in a lane, oldest first, and to the newcomer; valid during the decision only. Messages in
/// flight are not among them, as no policy may touch those. Everything is read when it is asked for, and nothing else costs
/// anything.
///
/// An index is 0 to ``Overflow/count`` - 1, 0 being the oldest, or nil for the newcomer. With another one the answer is 0, nil,
/// or no bytes.
public struct OverflowLane {
    @usableFromInline
    package let lane: UnsafePointer<sf_lane>

    @inlinable
    init(_ lane: UnsafePointer<sf_lane>) {
        self.lane = lane
    }

    /// The namespace's path, such as `/feed`.
    public var namespace: String { accessor.pointee.namespace_path(lane).text }
    /// The lane's topic.
    public var topic: String { accessor.pointee.topic(lane).text }

    /// The encoded size of a message in bytes, as it counts against the limits.
    @inlinable
    public func bytes(at index: Int?) -> Int {
        Int(clamping: accessor.pointee.message_bytes(lane, LaneIndex.code(index)))
    }

    /// What the policy's ``OverflowPolicy/rank(payload:key:)`` said of a message.
    @inlinable
    public func rank(at index: Int?) -> Int64 { accessor.pointee.message_rank(lane, LaneIndex.code(index)) }

    /// The key that a message was published with, if any.
    public func key(at index: Int?) -> String? {
        let key = accessor.pointee.message_key(lane, LaneIndex.code(index))
        return key.bytes == nil ? nil : key.text
    }

    /// Calls `body` with the payload of a message, JSON; valid during the decision only. It is a copy, kept until then: what is needed
    /// of every message is better read once, by ``OverflowPolicy/rank(payload:key:)``.
    public func withPayload(at index: Int?, _ body: (UnsafeRawBufferPointer) -> Void) {
        body(accessor.pointee.message_payload(lane, LaneIndex.code(index)).buffer)
    }

    /// The index of the newest waiting message with the same key as the one at `index`; nil if there is none. Messages without a
    /// key have the same. Found without a search.
    @inlinable
    public func newestOfSameKey(at index: Int?) -> Int? {
        let known = lane.pointee.newest_of_newcomers_key
        if index == nil, known != LaneIndex.notAsked { return LaneIndex.found(known) }
        return LaneIndex.found(accessor.pointee.newest_of_same_key(lane, LaneIndex.code(index)))
    }

    @inlinable
    var accessor: UnsafePointer<sf_lane_accessor> { lane.pointee.accessor }
}

/// An index as the contract has it. The macros of the header are casts, which Swift does not see.
@usableFromInline
enum LaneIndex {
    @inlinable static var newcomer: UInt64 { .max }
    @inlinable static var notFound: UInt64 { .max }
    @inlinable static var notAsked: UInt64 { .max - 1 }

    /// A negative index becomes one that no lane has.
    @inlinable
    static func code(_ index: Int?) -> UInt64 {
        guard let index else { return newcomer }
        return index < 0 ? newcomer - 1 : UInt64(index)
    }

    /// What was looked for, or nil.
    @inlinable
    static func found(_ code: UInt64) -> Int? { code == notFound ? nil : Int(clamping: code) }

    /// The same the other way.
    @inlinable
    static func code(found index: Int?) -> UInt64 { index.flatMap { UInt64(exactly: $0) } ?? notFound }

    /// One that is too large stays so.
    static func index(_ code: UInt64) -> Int? {
        code == newcomer ? nil : Int(clamping: code)
    }
}
