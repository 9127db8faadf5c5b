import StreamFence

/// The `plugins` section of a configuration file: where policies, validators, stores and sinks come from.
public struct PluginsConfiguration: Sendable, Equatable {
    /// How the plugins that come with StreamFence reach the process.
    public enum Builtin: String, Sendable, CaseIterable {
        /// From the library beside the executable; those linked into it, with a warning, where that is absent or older.
        case auto
        /// From the library beside the executable, or not at all.
        case dlopen
        /// Those that are linked into the program.
        case linked
    }

    /// A file to load.
    public struct File: Sendable, Equatable {
        /// Absolute, or from the folder.
        public var path: String
        /// What its SHA-256 has to be, in hexadecimal digits; nil, the default, for any.
        public var sha256: String?

        /// The parameters are the properties.
        public init(path: String, sha256: String? = nil) {
            self.path = path
            self.sha256 = sha256
        }
    }

    /// The only folder that files are loaded from; nil, the default, for none at all.
    public var directory: String?
    /// The files to load, default none.
    public var load: [File]
    /// How the plugins that come with StreamFence reach the process, default ``Builtin-swift.enum/auto``.
    public var builtin: Builtin

    /// The parameters are the properties.
    public init(directory: String? = nil, load: [File] = [], builtin: Builtin = .auto) {
        self.directory = directory
        self.load = load
        self.builtin = builtin
    }

    /// Every rule this section breaks; nothing is looked for on the disk.
    func problems() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        if let directory, directory.isEmpty {
            problems.append(.init(path: "plugins.directory", message: "expected a folder, found an empty path"))
        }
        if directory == nil, !load.isEmpty {
            problems.append(.init(path: "plugins.load", message: "needs plugins.directory, the folder of the files"))
        }
        for (index, file) in load.enumerated() {
            let place = "plugins.load[\(index)]"
            if file.path.isEmpty {
                problems.append(.init(path: "\(place).path", message: "expected a file, found an empty path"))
            }
            if let hash = file.sha256, hash.utf8.count != 64 || !hash.allSatisfy({ $0.isASCII && $0.isHexDigit }) {
                let message = "expected 64 hexadecimal digits, found \"\(hash)\""
                problems.append(.init(path: "\(place).sha256", message: message))
            }
        }
        return problems
    }
}
