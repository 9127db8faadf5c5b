import CStreamFencePlugin
import CStreamFenceShim
import StreamFencePluginKit

/// The functions by which a plugin reads a lane during one decision. The `context` of what they get as `lane` points to what the
/// core has asked the policy about.
///
/// Keys, payloads and names are copied into the thread's room, where they stay until the decision ends: the core shows them for
/// a moment only.
enum LaneAccessor {
    /// Never written to after it is made, and never freed.
    nonisolated(unsafe) static let table: UnsafePointer<sf_lane_accessor> = UnsafePointer(
        permanent([
            sf_lane_accessor(
                size: UInt32(MemoryLayout<sf_lane_accessor>.size),
                message_bytes: { lane, index in
                    read(lane, or: 0) { UInt64(clamping: $0.lane.bytes(at: place(index))) }
                },
                message_rank: { lane, index in read(lane, or: 0) { $0.lane.rank(at: place(index)) } },
                message_key: { lane, index in
                    read(lane, or: .empty) { $0.lane.key(at: place(index)).map { copy($0) } ?? .empty }
                },
                message_payload: { lane, index in
                    read(lane, or: .empty) {
                        var payload = sf_slice.empty
                        $0.lane.withPayload(at: place(index)) { payload = copy($0) }
                        return payload
                    }
                },
                newest_of_same_key: { lane, index in
                    read(lane, or: notFound) {
                        $0.lane.newestOfSameKey(at: place(index)).flatMap { UInt64(exactly: $0) } ?? notFound
                    }
                },
                namespace_path: { lane in read(lane, or: .empty) { copy($0.lane.namespace) } },
                topic: { lane in read(lane, or: .empty) { copy($0.lane.topic) } }
            )
        ])
    )

    // The macros of the header are casts, which Swift does not see.
    private static var newcomer: UInt64 { .max }
    private static var notFound: UInt64 { .max }

    /// Asks the core, or nobody where the plugin names no lane. The overflow is lent and not copied, which would cost more than
    /// most answers.
    @inline(__always)
    private static func read<Answer>(
        _ lane: UnsafePointer<sf_lane>?,
        or none: Answer,
        _ answer: (borrowing Overflow) -> Answer
    ) -> Answer {
        guard let overflow = lane?.pointee.context else { return none }
        return answer(overflow.assumingMemoryBound(to: Overflow.self).pointee)
    }

    /// The core's index; one that is too large stays so.
    private static func place(_ index: UInt64) -> Int? {
        index == newcomer ? nil : Int(clamping: index)
    }

    private static func copy(_ text: String) -> sf_slice { sf_slice.with(text) { sf_shim_copy($0) } }
    private static func copy(_ bytes: UnsafeRawBufferPointer) -> sf_slice { sf_shim_copy(sf_slice(bytes)) }
}
