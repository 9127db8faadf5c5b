import CStreamFencePlugin
import CStreamFenceShim
import StreamFencePluginKit

/// A lane as a plugin reads it during one decision. Keys and payloads are copied into the thread's room, where they stay until the
/// decision ends: the queue shows them for a moment only. Not copyable, so that looking at it copies no queue.
struct LaneView: ~Copyable {
    let queue: any OverflowQueue
    let room: OpaquePointer

    /// The functions by which a plugin reads one. Never written to after it is made, and never freed.
    nonisolated(unsafe) static let accessor: UnsafePointer<sf_lane_accessor> = UnsafePointer(
        permanent([
            sf_lane_accessor(
                size: UInt32(MemoryLayout<sf_lane_accessor>.size),
                message_bytes: { lane, index in LaneView.of(lane) { UInt64(clamping: $0.bytes(at: index)) } ?? 0 },
                message_rank: { lane, index in LaneView.of(lane) { $0.rank(at: index) } ?? 0 },
                message_key: { lane, index in LaneView.of(lane) { $0.key(at: index) } ?? .empty },
                message_payload: { lane, index in LaneView.of(lane) { $0.payload(at: index) } ?? .empty },
                newest_of_same_key: { lane, index in
                    LaneView.of(lane) { $0.newestOfSameKey(at: index) } ?? LaneView.notFound
                },
                namespace_path: { lane in LaneView.of(lane) { $0.copy($0.queue.namespace) } ?? .empty },
                topic: { lane in LaneView.of(lane) { $0.copy($0.queue.topic) } ?? .empty }
            )
        ])
    )

    // The macros of the header are casts, which Swift does not see.
    private static let newcomer = UInt64.max
    private static let notFound = UInt64.max

    /// Nil for no lane at all.
    @inline(__always)
    private static func of<Result>(_ lane: UnsafeRawPointer?, _ body: (borrowing LaneView) -> Result) -> Result? {
        guard let lane else { return nil }
        return body(lane.assumingMemoryBound(to: LaneView.self).pointee)
    }

    private func bytes(at index: UInt64) -> Int {
        if index == Self.newcomer { return queue.newcomer.bytes }
        return Int(exactly: index).map { queue.bytes(at: $0) } ?? 0
    }

    private func rank(at index: UInt64) -> Int64 {
        if index == Self.newcomer { return queue.newcomer.rank }
        return Int(exactly: index).map { queue.rank(at: $0) } ?? 0
    }

    private func message(at index: UInt64) -> MessageSummary? {
        if index == Self.newcomer { return queue.newcomer }
        return Int(exactly: index).flatMap { queue.message(at: $0) }
    }

    private func key(at index: UInt64) -> sf_slice {
        message(at: index)?.key.map { copy($0) } ?? .empty
    }

    private func payload(at index: UInt64) -> sf_slice {
        var payload = sf_slice.empty
        let place = index == Self.newcomer ? nil : Int(exactly: index) ?? .max
        queue.withPayload(at: place) { payload = copy($0) }
        return payload
    }

    private func newestOfSameKey(at index: UInt64) -> UInt64 {
        let newest: Int?
        if index == Self.newcomer {
            newest = queue.newestOfNewcomersKey
        } else {
            newest = message(at: index).flatMap { queue.lastIndex(ofKey: $0.key) }
        }
        return newest.flatMap { UInt64(exactly: $0) } ?? Self.notFound
    }

    private func copy(_ text: String) -> sf_slice {
        var text = text
        return text.withUTF8 { copy(UnsafeRawBufferPointer($0)) }
    }

    private func copy(_ bytes: UnsafeRawBufferPointer) -> sf_slice {
        sf_shim_copy(room, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
}
