import StreamFencePluginKit

/// `log`: a lane's records one behind the other in a few large files.
///
/// 1. A batch is one write, and at most one synchronisation with the disk; it is stored whole or not at all.
/// 2. A lane's files, the segments, are begun anew from a size on and removed as soon as all in them is released.
/// 3. A record is checked by its own checksum when it is read; what is damaged is left out (``LogSegmentReader``).
/// 4. No file stays open between two calls, and memory holds a few numbers a lane, only while the lane holds records.
///
/// A lane's folder is `{root}/{namespace}/{client id}/{topic}`, each name percent-encoded (``LanePath``). Folders and
/// files are for their owner only.
public final class LogSpillStore: SpillStore {
    /// How the store keeps its files.
    public struct Options: Sendable, Equatable {
        /// When appended records are synchronised with the disk (`fsync`), so that they outlive a power failure.
        public enum Synchronisation: String, Sendable, CaseIterable {
            /// When the system likes to. What is written outlives the process, not a power failure.
            case never
            /// With an append, if the lane's last synchronisation is at least ``Options/syncInterval`` ago: what a lane
            /// appended last may wait for its next append.
            case interval
            /// With every append, before it returns.
            case always
        }

        /// When appended records are synchronised with the disk; ``Synchronisation/never`` by default. Only the records
        /// are, not the folders above the lane's.
        public var sync: Synchronisation
        /// The least time between two synchronisations of a lane under ``Synchronisation/interval``; 1 s by default.
        public var syncInterval: Duration
        /// From which size on, in bytes, a lane begins another file; 16 MiB by default. A batch that is larger has a
        /// file of its own.
        public var segmentBytes: Int

        /// - Parameters:
        ///   - sync: when appended records are synchronised with the disk.
        ///   - syncInterval: the least time between two synchronisations of a lane, not negative.
        ///   - segmentBytes: from which size on, in bytes, a lane begins another file; at least 1.
        public init(
            sync: Synchronisation = .never,
            syncInterval: Duration = .seconds(1),
            segmentBytes: Int = 16 << 20
        ) {
            self.sync = sync
            self.syncInterval = syncInterval
            self.segmentBytes = segmentBytes
        }
    }

    /// The folder it keeps its lanes in.
    public let root: SpillRoot
    let lanesHeld = LaneTable<LogLane>()
    private let folders: LaneFolders
    private let writer: LogWriter

    /// Makes and locks the folder. Blocks for the time of some file system calls.
    ///
    /// - Parameters:
    ///   - root: the folder to keep lanes in; made if missing, its parents too.
    ///   - options: how to keep the files.
    /// - Throws: ``SpillStoreError`` if an option is outside of its limits or the folder can't be used.
    public convenience init(root: String, options: Options = Options()) throws {
        let clock = ContinuousClock()
        try self.init(
            root: root,
            options: options,
            now: { clock.now },
            synchronise: { (file) throws(SpillStoreError) in try file.synchronise() }
        )
    }

    /// - Parameters:
    ///   - now: the time, for ``Options/syncInterval``.
    ///   - synchronise: writes a file through to the disk.
    init(
        root: String,
        options: Options,
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        synchronise: @escaping @Sendable (borrowing SpillFile) throws(SpillStoreError) -> Void
    ) throws {
        guard options.segmentBytes >= 1 else {
            throw SpillStoreError(
                .invalidOption,
                path: root,
                "expected segmentBytes of at least 1, found \(options.segmentBytes)"
            )
        }
        guard options.syncInterval >= .zero else {
            throw SpillStoreError(
                .invalidOption,
                path: root,
                "expected a syncInterval of at least 0, found \(options.syncInterval)"
            )
        }
        self.root = try SpillRoot(path: root)
        folders = LaneFolders(root: self.root)
        writer = LogWriter(options: options, now: now, synchronise: synchronise)
    }

    /// Stores the records in one write behind what the lane holds. If that fails, what was written of them is cut off
    /// again; if even that fails, the lane takes nothing until it succeeded.
    ///
    /// - Throws: ``SpillStoreError``.
    public func append(_ records: [SpillRecord], to lane: SpillLane) throws {
        guard !records.isEmpty else { return }
        let path = LanePath(lane)
        try withState(of: path) { (state) throws(SpillStoreError) in
            try SpillBatch.check(records, following: state.next, in: root)
            do throws(SpillStoreError) {
                let folder = try folders.folder(path, of: lane)
                try state.append(records, in: folder, with: writer)
            } catch {
                // A lane that holds nothing leaves no folder; the failure is told as it was, whatever becomes of this.
                if state.holdsNothing { try? folders.remove(path) }
                throw error
            }
        }
    }

    /// Reads on where the lane's last read ended without searching; from any other position by passing over what lies
    /// before it in its segment.
    ///
    /// - Throws: ``SpillStoreError`` if the first record could not be read, as when no file can be opened now.
    public func read(
        _ lane: SpillLane,
        from position: UInt64,
        maxRecords: Int,
        maxBytes: Int
    ) throws -> [SpillRecord] {
        let path = LanePath(lane)
        var readout = SpillReadout(from: position, maxRecords: maxRecords, maxBytes: maxBytes)
        try withState(of: path) { (state) throws(SpillStoreError) in
            guard let folder = try folders.folderIfAny(path) else { return }
            try state.read(into: &readout, in: folder, maxBytes: maxBytes)
        }
        return readout.records
    }

    /// Removes the segments all of whose records are before `position`.
    ///
    /// - Throws: ``SpillStoreError`` if a file could not be removed; it is tried again with the next release.
    public func release(_ lane: SpillLane, before position: UInt64) throws {
        let path = LanePath(lane)
        try withState(of: path) { (state) throws(SpillStoreError) in
            guard state.holdsWholeSegment(before: position) else { return }
            if let folder = try folders.folderIfAny(path) {
                try state.release(before: position, in: folder)
            } else {
                state.removeAll()
            }
            if state.holdsNothing { try folders.remove(path) }
        }
    }

    /// Removes the lane's files and the folders that are empty then.
    ///
    /// - Throws: ``SpillStoreError`` if some could not be removed.
    public func drop(_ lane: SpillLane) throws {
        let path = LanePath(lane)
        lanesHeld.forget(path)
        try folders.remove(path)
    }

    /// The lanes that have files in the folder, of whichever built-in store. What is not ours is passed over, and no
    /// link is followed.
    ///
    /// - Throws: ``SpillStoreError`` if a folder can't be read.
    public func lanes() throws -> [SpillLane] {
        try folders.lanes()
    }

    private func withState<Answer>(
        of path: LanePath,
        _ body: (inout LogLane) throws(SpillStoreError) -> Answer
    ) throws(SpillStoreError) -> Answer {
        try lanesHeld.withState(
            of: path,
            load: { () throws(SpillStoreError) in
                guard let folder = try folders.folderIfAny(path) else { return LogLane() }
                return try LogLane(foundIn: folder)
            },
            body
        )
    }
}
