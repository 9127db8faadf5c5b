import CStreamFencePlugin

/// A lane that is lent to a policy for one decision, and the functions by which the contract reads it.
///
/// Keys, payloads and names are copied when they are asked for, and stay until the decision ends: who holds the lane shows them
/// for a moment only.
@usableFromInline
struct LentLane: ~Copyable {
    @usableFromInline let contents: any LaneContents
    /// Made for the first copy.
    @usableFromInline var copies: Copies?

    @inlinable
    init(_ contents: consuming any LaneContents) {
        self.contents = contents
    }

    /// The lane in the contract's form; valid as long as `lent` is.
    @inlinable
    static func lane(_ lent: UnsafeMutablePointer<LentLane>, asksForNewest: Bool) -> sf_lane {
        let newest =
            asksForNewest
            ? LaneIndex.code(found: lent.pointee.contents.newestOfSameKey(at: nil)) : LaneIndex.notAsked
        return sf_lane(
            size: UInt32(MemoryLayout<sf_lane>.size),
            accessor: accessor,
            context: lent,
            newest_of_newcomers_key: newest
        )
    }

    /// One table for all. Unsafe for the compiler, as it is a pointer: what it points to is never written to after it is made, and never
    /// freed.
    @usableFromInline
    nonisolated(unsafe) static let accessor: UnsafePointer<sf_lane_accessor> = UnsafePointer(
        permanent([
            sf_lane_accessor(
                size: UInt32(MemoryLayout<sf_lane_accessor>.size),
                message_bytes: { lane, index in
                    read(lane, or: 0) { UInt64(clamping: $0.contents.bytes(at: LaneIndex.index(index))) }
                },
                message_rank: { lane, index in
                    read(lane, or: 0) { $0.contents.rank(at: LaneIndex.index(index)) }
                },
                message_key: { lane, index in
                    copy(lane) { lent, copies in
                        lent.contents.key(at: LaneIndex.index(index)).map { copies.add($0) } ?? .empty
                    }
                },
                message_payload: { lane, index in
                    copy(lane) { lent, copies in
                        var payload = sf_slice.empty
                        lent.contents.withPayload(at: LaneIndex.index(index)) { payload = copies.add($0) }
                        return payload
                    }
                },
                newest_of_same_key: { lane, index in
                    read(lane, or: LaneIndex.notFound) {
                        LaneIndex.code(found: $0.contents.newestOfSameKey(at: LaneIndex.index(index)))
                    }
                },
                namespace_path: { lane in copy(lane) { $1.add($0.contents.namespace) } },
                topic: { lane in copy(lane) { $1.add($0.contents.topic) } }
            )
        ])
    )

    /// Asks who holds the lane, or nobody where the plugin names none. The contents are lent and not copied, which would cost more
    /// than most answers.
    @inline(__always)
    private static func read<Answer>(
        _ lane: UnsafePointer<sf_lane>?,
        or none: Answer,
        _ answer: (borrowing LentLane) -> Answer
    ) -> Answer {
        guard let lent = lent(lane) else { return none }
        return answer(lent.pointee)
    }

    private static func copy(
        _ lane: UnsafePointer<sf_lane>?,
        _ answer: (borrowing LentLane, Copies) -> sf_slice
    ) -> sf_slice {
        guard let lent = lent(lane) else { return .empty }
        let copies = lent.pointee.copies ?? Copies()
        lent.pointee.copies = copies
        return answer(lent.pointee, copies)
    }

    private static func lent(_ lane: UnsafePointer<sf_lane>?) -> UnsafeMutablePointer<LentLane>? {
        UnsafeMutableRawPointer(mutating: lane?.pointee.context)?.assumingMemoryBound(to: LentLane.self)
    }
}

/// Copies of bytes that stay together as long as this does.
@usableFromInline
final class Copies {
    /// The block with room left, which begins with the address of the one before it.
    private var block: UnsafeMutableRawPointer?
    private var used = 0
    private var size = 0

    private static let usualSize = 2048
    private static let linkSize = MemoryLayout<UnsafeMutableRawPointer?>.size

    /// A copy; its pointer is never null, which would say that there is nothing to copy.
    func add(_ bytes: UnsafeRawBufferPointer) -> sf_slice {
        if block == nil || bytes.count > size - used { grow(for: bytes.count) }
        guard let block else { return .empty }
        let copy = UnsafeMutableRawBufferPointer(start: block + used, count: bytes.count)
        copy.copyMemory(from: bytes)
        used += bytes.count
        return sf_slice(UnsafeRawBufferPointer(copy))
    }

    func add(_ text: String) -> sf_slice {
        var text = text
        return text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }

    private func grow(for count: Int) {
        size = max(Self.usualSize, Self.linkSize + count)
        let grown = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: Self.linkSize)
        grown.storeBytes(of: block, as: UnsafeMutableRawPointer?.self)
        block = grown
        used = Self.linkSize
    }

    deinit {
        var next = block
        while let block = next {
            next = block.load(as: UnsafeMutableRawPointer?.self)
            block.deallocate()
        }
    }
}
