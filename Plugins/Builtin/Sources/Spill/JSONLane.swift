import StreamFencePluginKit

/// A lane of a `json-files` store: which positions may have a file.
struct JSONLane: LaneState {
    /// No record before this position has a file any more.
    private var first: UInt64 = 0
    /// The position behind the last record.
    private(set) var next: UInt64 = 0
    /// Files of a batch that failed, to be removed before there may be another.
    private var leftovers: [String] = []

    /// A release over a wider span asks the folder what is there instead of trying every position.
    private static let longestSpan: UInt64 = 4_096

    var holdsNothing: Bool { first >= next && leftovers.isEmpty }

    init() {}

    /// The lane as another process, or another store, left it.
    init(foundIn folder: borrowing Folder) throws(SpillStoreError) {
        let positions = try Self.positions(in: folder)
        guard let lowest = positions.first, let highest = positions.last else { return }
        first = lowest
        next = highest + 1
    }

    mutating func removeAll() {
        first = next
        leftovers = []
    }

    /// The positions that have a file, in order.
    private static func positions(in folder: borrowing Folder) throws(SpillStoreError) -> [UInt64] {
        var positions: [UInt64] = []
        try folder.forEachName { name in
            if let position = JSONRecordFile.position(ofFile: name) { positions.append(position) }
        }
        return positions.sorted()
    }

    /// Stores the records or, when it throws, none of them.
    mutating func append(_ records: [SpillRecord], in folder: borrowing Folder) throws(SpillStoreError) {
        try removeLeftovers(in: folder)
        for record in records {
            let name = JSONRecordFile.name(of: record.position)
            // Before it is written, so that a half-written one is undone too.
            leftovers.append(name)
            do {
                try folder.write(JSONRecordFile.encode(record), to: name)
            } catch {
                // What can't be undone now is before the next batch.
                try? removeLeftovers(in: folder)
                throw error
            }
        }
        leftovers = []
        if first >= next { first = records.first?.position ?? next }
        if let last = records.last { next = last.position + 1 }
    }

    private mutating func removeLeftovers(in folder: borrowing Folder) throws(SpillStoreError) {
        while let name = leftovers.last {
            try folder.remove(name)
            leftovers.removeLast()
        }
    }

    mutating func read(into readout: inout SpillReadout, in folder: borrowing Folder) throws(SpillStoreError) {
        var position = max(readout.position, first)
        // Only asked for when a file is missing, once a read.
        var present: ArraySlice<UInt64>?
        do {
            while !readout.isFull, position < next {
                if let bytes = try bytes(at: position, in: folder) {
                    guard bytes.count <= readout.room else { return }
                    readout.append(SpillRecord(position: position, bytes: bytes))
                } else if present == nil {
                    present = try Self.positions(in: folder)[...]
                }
                guard let known = present else {
                    position += 1
                    continue
                }
                let rest = known.drop { $0 <= position }
                guard let following = rest.first else { return }
                present = rest
                position = following
            }
        } catch {
            // What has been read is worth returning; the next read meets the failure again.
            if readout.records.isEmpty { throw error }
        }
    }

    /// The bytes of the record; nil if its file is missing or damaged.
    private func bytes(at position: UInt64, in folder: borrowing Folder) throws(SpillStoreError) -> [UInt8]? {
        guard let file = try folder.fileIfAny(JSONRecordFile.name(of: position)),
            file.size <= JSONRecordFile.largestFile
        else { return nil }
        return JSONRecordFile.decode(try file.bytes(), at: position)
    }

    /// Removes the files of the records before `position`.
    mutating func release(before position: UInt64, in folder: borrowing Folder) throws(SpillStoreError) {
        let end = min(position, next)
        guard first < end else { return }
        if end - first <= Self.longestSpan {
            while first < end {
                try folder.remove(JSONRecordFile.name(of: first))
                first += 1
            }
        } else {
            for position in try Self.positions(in: folder) where position < end {
                try folder.remove(JSONRecordFile.name(of: position))
                first = position + 1
            }
            first = end
        }
    }
}
