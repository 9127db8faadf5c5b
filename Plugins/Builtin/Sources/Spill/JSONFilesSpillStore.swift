import StreamFencePluginKit

/// `json-files`: a file a record, `{root}/{namespace}/{client id}/{topic}/00000001.json`, for whoever wants to look at
/// what waits with everyday tools (``JSONRecordFile``).
///
/// 1. A file is written under another name and renamed, so that none is ever half there.
/// 2. A batch is stored whole or not at all: the files of one that failed are removed again.
/// 3. A file that is missing or damaged in a single bit is left out of what is read.
/// 4. A file is removed as soon as its record is released.
///
/// It costs a handful of system calls a record; ``LogSpillStore`` is for those who want speed. Files are not
/// synchronised with the disk: they outlive the process, not a power failure. Folders and files are for their owner
/// only.
public final class JSONFilesSpillStore: SpillStore {
    /// The folder it keeps its lanes in.
    public let root: SpillRoot
    let lanesHeld = LaneTable<JSONLane>()
    private let folders: LaneFolders

    /// Makes and locks the folder. Blocks for the time of some file system calls.
    ///
    /// - Parameter root: the folder to keep lanes in; made if missing, its parents too.
    /// - Throws: ``SpillStoreError`` if the folder can't be used.
    public init(root: String) throws {
        self.root = try SpillRoot(path: root)
        folders = LaneFolders(root: self.root)
    }

    /// Stores each record in a file of its own. If one fails, the others of the batch are removed again; if even that
    /// fails, the lane takes nothing until it succeeded.
    ///
    /// - Throws: ``SpillStoreError``.
    public func append(_ records: [SpillRecord], to lane: SpillLane) throws {
        guard !records.isEmpty else { return }
        let path = LanePath(lane)
        try withState(of: path) { (state) throws(SpillStoreError) in
            try SpillBatch.check(records, following: state.next, in: root)
            do throws(SpillStoreError) {
                let folder = try folders.folder(path, of: lane)
                try state.append(records, in: folder)
            } catch {
                // A lane that holds nothing leaves no folder; the failure is told as it was, whatever becomes of this.
                if state.holdsNothing { try? folders.remove(path) }
                throw error
            }
        }
    }

    /// Reads the files of the records in turn.
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
            try state.read(into: &readout, in: folder)
        }
        return readout.records
    }

    /// Removes the files of the records before `position`.
    ///
    /// - Throws: ``SpillStoreError`` if a file could not be removed; it is tried again with the next release.
    public func release(_ lane: SpillLane, before position: UInt64) throws {
        let path = LanePath(lane)
        try withState(of: path) { (state) throws(SpillStoreError) in
            guard !state.holdsNothing else { return }
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
        _ body: (inout JSONLane) throws(SpillStoreError) -> Answer
    ) throws(SpillStoreError) -> Answer {
        try lanesHeld.withState(
            of: path,
            load: { () throws(SpillStoreError) in
                guard let folder = try folders.folderIfAny(path) else { return JSONLane() }
                return try JSONLane(foundIn: folder)
            },
            body
        )
    }
}
