import StreamFencePluginKit

/// What a read has gathered, and how much more it may.
struct SpillReadout {
    /// The records, in order.
    private(set) var records: [SpillRecord] = []
    /// The lowest position that may come next.
    private(set) var position: UInt64
    private let maxRecords: Int
    /// How many bytes the next record may have: any number for the first.
    private(set) var room = Int.max
    private let maxBytes: Int

    init(from position: UInt64, maxRecords: Int, maxBytes: Int) {
        self.position = position
        self.maxRecords = maxRecords
        self.maxBytes = maxBytes
    }

    /// Whether there is no place for another record of any size.
    var isFull: Bool { records.count >= maxRecords }

    mutating func append(_ record: SpillRecord) {
        let before = records.isEmpty ? max(0, maxBytes) : room
        records.append(record)
        room = max(0, before - record.bytes.count)
        position = record.position < .max ? record.position + 1 : .max
    }
}

/// What both stores ask of a batch.
enum SpillBatch {
    /// The longest record, in bytes. What a file says of a length beyond it is damage, and is not believed.
    static let longestRecord = 1 << 30

    /// Refuses records that are out of order, don't follow `next` or are too long.
    static func check(_ records: [SpillRecord], following next: UInt64, in root: SpillRoot) throws(SpillStoreError) {
        var lowest = next
        for record in records {
            guard record.position >= lowest, record.position < .max else {
                throw SpillStoreError(
                    .positionsOutOfOrder,
                    path: root.path,
                    "expected a record at position \(lowest) or behind, found one at \(record.position)"
                )
            }
            guard record.bytes.count <= longestRecord else {
                throw SpillStoreError(
                    .recordTooLarge,
                    path: root.path,
                    "expected a record of at most \(longestRecord) bytes, found one of \(record.bytes.count)"
                )
            }
            lowest = record.position + 1
        }
    }
}
