import StreamFencePluginKit

/// A lane of a `log` store: its segments, and where its reader stands.
struct LogLane: LaneState {
    /// Where the last read ended: a read from `position` or behind finds nothing before the offset.
    struct Cursor {
        let salt: UInt64
        let offset: Int
        let position: UInt64
    }

    /// Oldest first.
    var segments: [LogSegment] = []
    /// The position behind the last record.
    var next: UInt64 = 0
    /// What is left to undo of a batch that failed, before there may be another.
    var undo: Undo?
    /// When the lane was last synchronised, or began.
    var synchronised: ContinuousClock.Instant?
    private var cursor: Cursor?

    var holdsNothing: Bool { segments.isEmpty && undo == nil }

    init() {}

    /// The lane as another process, or another store, left it. Whatever is appended goes to a new segment: the end of
    /// the last one may be torn.
    init(foundIn folder: borrowing Folder) throws(SpillStoreError) {
        var names: [(first: UInt64, salt: UInt64)] = []
        try folder.forEachName { name in
            if let name = LogSegment.name(name) { names.append(name) }
        }
        names.sort { $0 < $1 }
        for (first, salt) in names {
            let found = LogSegment(first: first, salt: salt, size: .max, isOpen: false)
            guard let file = try folder.fileIfAny(found.name) else { continue }
            segments.append(LogSegment(first: first, salt: salt, size: file.size, isOpen: false))
        }
        guard let last = segments.last, let file = try folder.fileIfAny(last.name) else { return }
        next = last.first
        var reader = LogSegmentReader(file, of: last, from: 0, maxBytes: .max)
        while case .record(let record) = try reader.next(from: next, maxBytes: .max) {
            next = record.position < .max ? record.position + 1 : .max
        }
    }

    mutating func removeAll() {
        segments = []
        undo = nil
        cursor = nil
    }

    // MARK: Reading

    mutating func read(
        into readout: inout SpillReadout,
        in folder: borrowing Folder,
        maxBytes: Int
    ) throws(SpillStoreError) {
        do {
            for segment in segments[startOfReading(from: readout.position)...] {
                guard try read(segment, into: &readout, in: folder, maxBytes: maxBytes) else { return }
            }
        } catch {
            // What has been read is worth returning; the next read meets the failure again.
            if readout.records.isEmpty { throw error }
        }
    }

    /// Returns whether the segment is read to its end and more may come from the next.
    private mutating func read(
        _ segment: LogSegment,
        into readout: inout SpillReadout,
        in folder: borrowing Folder,
        maxBytes: Int
    ) throws(SpillStoreError) -> Bool {
        guard !readout.isFull else { return false }
        // A segment that vanished is damage like any other.
        guard let file = try folder.fileIfAny(segment.name) else { return true }
        var offset = 0
        if let cursor, cursor.salt == segment.salt, cursor.position <= readout.position { offset = cursor.offset }
        var reader = LogSegmentReader(file, of: segment, from: offset, maxBytes: maxBytes)
        defer { cursor = Cursor(salt: segment.salt, offset: reader.offset, position: readout.position) }
        while !readout.isFull {
            switch try reader.next(from: readout.position, maxBytes: readout.room) {
            case .record(let record): readout.append(record)
            case .tooLarge: return false
            case .end: return true
            }
        }
        return false
    }

    /// The last segment that begins at `position` or before.
    private func startOfReading(from position: UInt64) -> Int {
        var low = 0
        var high = segments.count
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].first <= position { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }

    // MARK: Releasing

    /// The position behind the last record of a segment.
    private func end(ofSegment index: Int) -> UInt64 {
        index + 1 < segments.count ? segments[index + 1].first : next
    }

    func holdsWholeSegment(before position: UInt64) -> Bool {
        !segments.isEmpty && end(ofSegment: 0) <= position
    }

    mutating func release(before position: UInt64, in folder: borrowing Folder) throws(SpillStoreError) {
        var count = 0
        defer { segments.removeFirst(count) }
        while count < segments.count, end(ofSegment: count) <= position {
            try folder.remove(segments[count].name)
            count += 1
        }
    }
}
