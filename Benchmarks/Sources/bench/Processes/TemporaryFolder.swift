import Foundation

/// A folder that is removed with all in it, after use and by signals too.
enum TemporaryFolder {
    /// - Parameter parent: where to make it.
    static func with<Result>(in parent: String, _ body: (String) throws -> Result) throws -> Result {
        let name = "bench-\(UUID().uuidString)"
        let path = URL(fileURLWithPath: parent, isDirectory: true).appendingPathComponent(name).path
        Leftovers.remember(file: path)
        defer { Leftovers.remove(file: path) }
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        return try body(path)
    }
}
