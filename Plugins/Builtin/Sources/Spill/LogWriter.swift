import StreamFencePluginKit

/// How a `log` store's lanes write: when they begin a segment and when they synchronise.
struct LogWriter: Sendable {
    let options: LogSpillStore.Options
    let now: @Sendable () -> ContinuousClock.Instant
    let synchronise: @Sendable (borrowing SpillFile) throws(SpillStoreError) -> Void

    /// The records one behind the other, each with its header, as they lie in a segment of this salt. The caller frees
    /// the bytes.
    func encode(_ records: [SpillRecord], salt: UInt64) -> UnsafeMutableRawBufferPointer {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: size(of: records), alignment: 16)
        guard var start = bytes.baseAddress else { return bytes }
        for record in records {
            LogRecordHeader(record).write(to: start, salt: salt)
            start += LogRecordHeader.size
            record.bytes.withUnsafeBytes { source in
                if let first = source.baseAddress { start.copyMemory(from: first, byteCount: source.count) }
            }
            start += record.bytes.count
        }
        return bytes
    }

    /// How many bytes the records take in a segment. Each is limited, so the sum stays within an integer.
    func size(of records: [SpillRecord]) -> Int {
        records.reduce(0) { $0 + LogRecordHeader.size + $1.bytes.count }
    }
}

extension LogLane {
    /// What is left of a batch that failed.
    struct Undo {
        let name: String
        /// How long the file was before; nil if there was none.
        let size: Int?
    }

    /// Stores the records or, when it throws, none of them.
    mutating func append(
        _ records: [SpillRecord],
        in folder: borrowing Folder,
        with writer: LogWriter
    ) throws(SpillStoreError) {
        guard let first = records.first, let last = records.last else { return }
        try finishUndo(in: folder)

        let size = writer.size(of: records)
        var segment: LogSegment
        let file: SpillFile
        let isNew: Bool
        if let open = try fileOfOpenSegment(for: size, in: folder, with: writer) {
            segment = segments[segments.count - 1]
            file = open
            isNew = false
        } else {
            segment = LogSegment(first: first.position, salt: .random(in: 0...(.max)), size: 0, isOpen: true)
            file = try folder.makeFile(segment.name)
            isNew = true
        }
        undo = Undo(name: segment.name, size: isNew ? nil : segment.size)
        do {
            try write(records, to: file, of: &segment, with: writer)
            if isDue(with: writer) {
                try writer.synchronise(file)
                segment.isUnsynchronised = false
                try synchroniseEarlierSegments(in: folder, with: writer)
            }
        } catch {
            // What can't be undone now is before the next batch.
            try? finishUndo(in: folder)
            throw error
        }

        undo = nil
        if isNew { segments.append(segment) } else { segments[segments.count - 1] = segment }
        next = last.position + 1
    }

    /// The file of the last segment, if it may take `size` bytes more.
    private mutating func fileOfOpenSegment(
        for size: Int,
        in folder: borrowing Folder,
        with writer: LogWriter
    ) throws(SpillStoreError) -> SpillFile? {
        guard let last = segments.last, last.isOpen, last.size + size <= writer.options.segmentBytes else { return nil }
        guard let file = try folder.fileIfAny(last.name, writable: true), file.size == last.size else {
            // It vanished, or somebody changed it: what is there stays readable, and nothing more goes there.
            segments[segments.count - 1].isOpen = false
            return nil
        }
        return file
    }

    private func write(
        _ records: [SpillRecord],
        to file: borrowing SpillFile,
        of segment: inout LogSegment,
        with writer: LogWriter
    ) throws(SpillStoreError) {
        let bytes = writer.encode(records, salt: segment.salt)
        defer { bytes.deallocate() }
        try file.write(UnsafeRawBufferPointer(bytes), at: segment.size)
        segment.size += bytes.count
        segment.isUnsynchronised = true
    }

    private mutating func finishUndo(in folder: borrowing Folder) throws(SpillStoreError) {
        guard let undo else { return }
        if let size = undo.size {
            if let file = try folder.fileIfAny(undo.name, writable: true) { try file.truncate(to: size) }
        } else {
            try folder.remove(undo.name)
        }
        self.undo = nil
    }

    // MARK: Synchronising

    private mutating func isDue(with writer: LogWriter) -> Bool {
        switch writer.options.sync {
        case .never:
            return false
        case .always:
            return true
        case .interval:
            let now = writer.now()
            guard let last = synchronised else {
                synchronised = now
                return false
            }
            guard last.duration(to: now) >= writer.options.syncInterval else { return false }
            synchronised = now
            return true
        }
    }

    private mutating func synchroniseEarlierSegments(
        in folder: borrowing Folder,
        with writer: LogWriter
    ) throws(SpillStoreError) {
        // The last one, unless it has just been begun, is being synchronised by the caller; a second time is cheap.
        for index in segments.indices where segments[index].isUnsynchronised {
            if let file = try folder.fileIfAny(segments[index].name) { try writer.synchronise(file) }
            segments[index].isUnsynchronised = false
        }
    }
}
