/// The shared object with the built-in plugins, which lies beside the executable that it was built with.
public struct BuiltinLibrary: Sendable {
    /// The file's name.
    public static let name = "libstreamfence_builtin.so"
    /// An executable is linked after its library, at most by so much. What is older was left behind by an earlier build.
    static let longestBuild = Duration.seconds(1800)

    /// The library.
    public let path: String
    /// Who may write to the library is compared with who may write to this; so is how old it is.
    public let executable: String

    /// - Parameter executable: the path of the executable that the library lies beside.
    public init(beside executable: String) {
        self.executable = executable
        path = FilePath.parent(of: executable) + (FilePath.parent(of: executable) == "/" ? "" : "/") + Self.name
    }

    /// Why the plugins that are linked into the executable are the better ones; nil if the library is.
    var drawback: String? {
        guard let library = FilePath.modified(path) else { return "there is no \(path)" }
        guard let model = FilePath.modified(executable), library < model - Self.longestBuild else { return nil }
        return "\(path) is older than \(executable)"
    }
}
