import StreamFencePluginKit

/// Makes, opens, removes and lists the folders of lanes.
///
/// Only one thread at a time has to do with a lane's own folder, but the folders above are shared: one lane may remove
/// an empty one while another is about to make its own in there. Who makes folders starts again when one vanished under
/// it.
struct LaneFolders: Sendable {
    let root: SpillRoot

    /// So many lanes would have to vanish, one exactly in each of the gaps, before an append fails for it.
    private static let attempts = 1_000

    /// The lane's folder; nil if there is none.
    func folderIfAny(_ path: LanePath) throws(SpillStoreError) -> Folder? {
        guard let root = try root.folderIfAny() else { return nil }
        guard let namespace = try root.folderIfAny(path.namespace) else { return nil }
        guard let client = try namespace.folderIfAny(path.client) else { return nil }
        return try client.folderIfAny(path.topic)
    }

    /// The lane's folder, made where it is missing.
    func folder(_ path: LanePath, of lane: SpillLane) throws(SpillStoreError) -> Folder {
        for _ in 1..<Self.attempts {
            do {
                return try attemptFolder(path, of: lane)
            } catch {
                guard error.isMissing else { throw error.with(.writeFailed) }
            }
        }
        do {
            return try attemptFolder(path, of: lane)
        } catch {
            throw error.with(.writeFailed)
        }
    }

    private func attemptFolder(_ path: LanePath, of lane: SpillLane) throws(SpillStoreError) -> Folder {
        let root = try root.folder()
        let namespace = try folder(path.namespace, in: root)
        let client = try folder(path.client, in: namespace)
        let folder = try folder(path.topic, in: client)
        if path.isHashed, try folder.fileIfAny(LaneFiles.names) == nil {
            let names = [lane.namespace, lane.clientID, lane.topic].map { LanePath.encode($0) + "\n" }
            try folder.write(Array(names.joined().utf8), to: LaneFiles.names)
        }
        return folder
    }

    private func folder(_ name: String, in parent: borrowing Folder) throws(SpillStoreError) -> Folder {
        if let folder = try parent.folderIfAny(name) { return folder }
        try parent.makeFolder(name)
        return try parent.folder(name)
    }

    /// Removes the lane's files, its folder, and the folders above that are empty then.
    func remove(_ path: LanePath) throws(SpillStoreError) {
        guard let root = try root.folderIfAny() else { return }
        guard let namespace = try root.folderIfAny(path.namespace) else { return }
        if let client = try namespace.folderIfAny(path.client) {
            if let folder = try client.folderIfAny(path.topic) {
                var files: [String] = []
                try folder.forEachName { name in
                    if LaneFiles.isOurs(name) { files.append(name) }
                }
                // The names last: without them the rest could not be told from another's files.
                files.sort { $1 == LaneFiles.names && $0 != LaneFiles.names }
                for file in files {
                    try folder.remove(file)
                }
            }
            guard try client.removeFolderIfEmpty(path.topic) else { return }
        }
        guard try namespace.removeFolderIfEmpty(path.client) else { return }
        _ = try root.removeFolderIfEmpty(path.namespace)
    }

    // MARK: Listing

    /// The lanes that have a folder with files of ours, or an empty one: a store leaves neither when it holds nothing.
    func lanes() throws(SpillStoreError) -> [SpillLane] {
        guard let root = try root.folderIfAny() else { return [] }
        var lanes: [SpillLane] = []
        for namespaceName in try ourFolders(in: root) {
            guard let namespace = try root.folderIfAny(namespaceName) else { continue }
            for clientName in try ourFolders(in: namespace) {
                guard let client = try namespace.folderIfAny(clientName) else { continue }
                for topicName in try ourFolders(in: client) {
                    guard let folder = try client.folderIfAny(topicName) else { continue }
                    let names = [namespaceName, clientName, topicName]
                    if let lane = try lane(in: folder, named: names) { lanes.append(lane) }
                }
            }
        }
        return lanes
    }

    private func ourFolders(in folder: borrowing Folder) throws(SpillStoreError) -> [String] {
        var names: [String] = []
        try folder.forEachName { name in
            if LanePath.isOurs(name) { names.append(name) }
        }
        return names.sorted()
    }

    private func lane(in folder: borrowing Folder, named folders: [String]) throws(SpillStoreError) -> SpillLane? {
        var isEmpty = true
        var holdsOurs = false
        try folder.forEachName { name in
            isEmpty = false
            if LaneFiles.isOurs(name) { holdsOurs = true }
        }
        guard isEmpty || holdsOurs else { return nil }

        let isHashed = folders.contains(where: LanePath.isHash)
        let names = (isHashed ? try storedNames(in: folder) : folders).compactMap(LanePath.decode)
        guard names.count == 3 else { return nil }
        let lane = SpillLane(namespace: names[0], clientID: names[1], topic: names[2])
        // What the file says counts only if it would lie just there.
        let path = LanePath(lane)
        return [path.namespace, path.client, path.topic] == folders ? lane : nil
    }

    /// More than this, in bytes, is not read into memory.
    private static let longestNames = 16 << 20

    private func storedNames(in folder: borrowing Folder) throws(SpillStoreError) -> [String] {
        guard let file = try folder.fileIfAny(LaneFiles.names), file.size <= Self.longestNames else { return [] }
        let bytes = try file.bytes()
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
