import Foundation

/// How many files there are in a folder and those in it, and how many bytes they hold. A file whose name begins with a
/// dot is not counted: it is there to lock the folder, and not somebody's.
struct FolderContents: Equatable {
    var files = 0
    var bytes = 0

    /// Where the system keeps temporary files.
    static let temporary = FileManager.default.temporaryDirectory.path

    init() {}

    /// Files that vanish while it is looked at don't count; neither does a folder that does not exist.
    init(of folder: String) {
        let keys: Set<URLResourceKey> = [.isRegularFileKey, .fileSizeKey]
        let found = FileManager.default.enumerator(
            at: URL(fileURLWithPath: folder, isDirectory: true),
            includingPropertiesForKeys: Array(keys),
            options: .skipsHiddenFiles,
            errorHandler: { _, _ in true }
        )
        while let file = found?.nextObject() as? URL {
            guard let values = try? file.resourceValues(forKeys: keys), values.isRegularFile == true else { continue }
            files += 1
            bytes += values.fileSize ?? 0
        }
    }
}
