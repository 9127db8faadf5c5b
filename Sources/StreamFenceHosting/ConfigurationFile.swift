import StreamFence

/// A configuration file, read strictly: what it says is either obeyed or refused.
///
/// 1. Reads YAML (`.yaml`, `.yml`) or JSON (`.json`) into one tree of nodes that know their lines.
/// 2. Replaces `${VAR}` and `${VAR:-default}` in values from the environment, after parsing: a value never adds structure.
/// 3. Decodes the tree by ``ConfigurationSchema``: unknown, misplaced, repeated and not yet available keys are problems.
/// 4. Loads the plugins, so that what they offer is known to the rest.
/// 5. Adds what ``ServerConfiguration/problems(at:registry:)`` finds, with the lines it speaks of.
///
/// Every problem is reported at once, but for what shows only when the servers are made (``error(_:)``). `docs/configuration.md`
/// lists the keys.
public struct ConfigurationFile: Sendable, Equatable {
    /// What a file is written in.
    public enum Format: Sendable, Equatable {
        /// YAML: `.yaml` and `.yml`.
        case yaml
        /// JSON, RFC 8259: `.json`.
        case json
    }

    /// The servers, in the order of the file; at least one.
    public let servers: [ServerConfiguration]
    /// Where policies, validators, stores and sinks come from.
    public let plugins: PluginsConfiguration
    /// What came from there: a server of this file needs its registry.
    public let loaded: LoadedPlugins

    /// Where the process is looked after; nil if nowhere.
    public let management: ManagementConfiguration?
    /// What it is called, and where its keys stand.
    private let places: ConfigurationPlaces

    /// Whether two files say the same.
    public static func == (left: ConfigurationFile, right: ConfigurationFile) -> Bool {
        left.servers == right.servers && left.plugins == right.plugins && left.management == right.management
    }

    /// Reads a file. It may hold 1 MiB at most.
    ///
    /// - Parameters:
    ///   - path: a file ending in `.yaml`, `.yml` or `.json`.
    ///   - environment: where `${VAR}` is looked up, by default the environment of the process.
    ///   - loader: loads the file's plugins, by default without a ``PluginProbe``: one that crashes as it is loaded ends this
    ///     process.
    /// - Throws: every problem of the file. Blocks while it reads; call it at start-up, not on an event loop.
    public static func load(
        _ path: String,
        environment: [String: String] = processEnvironment(),
        loader: PluginLoader = PluginLoader()
    ) throws(ConfigurationFileError) -> ConfigurationFile {
        let format = try format(of: path)
        let text: String
        do {
            text = try readText(path)
        } catch {
            throw ConfigurationFileError(file: path, line: error.line, message: error.message)
        }
        return try parse(text, format: format, name: path, environment: environment, loader: loader)
    }

    /// Reads a configuration that is already in memory.
    ///
    /// - Parameters:
    ///   - text: what a file would hold.
    ///   - format: what the text is written in.
    ///   - name: what problems call the file.
    ///   - environment: where `${VAR}` is looked up, by default the environment of the process.
    ///   - loader: loads the file's plugins, by default without a ``PluginProbe``.
    /// - Throws: every problem of the text.
    public static func parse(
        _ text: String,
        format: Format,
        name: String = "configuration",
        environment: [String: String] = processEnvironment(),
        loader: PluginLoader = PluginLoader()
    ) throws(ConfigurationFileError) -> ConfigurationFile {
        let decoder = try decode(text, format: format, name: name, environment: environment, loader: loader)
        guard decoder.problems.isEmpty, let loaded = decoder.loaded else {
            throw ConfigurationFileError(problems: decoder.problems)
        }
        return ConfigurationFile(
            servers: decoder.servers,
            plugins: decoder.plugins,
            loaded: loaded,
            management: decoder.management,
            places: decoder.places
        )
    }

    /// Problems that show only when the servers are made, such as files that can't be read, with the lines they speak of.
    public func error(_ problems: [ConfigurationProblem]) -> ConfigurationFileError {
        ConfigurationFileError(problems: problems.map { places.locate($0) })
    }

    /// What was decoded together with what was wrong. Throws only where there is no tree to decode.
    static func decode(
        _ text: String,
        format: Format,
        name: String,
        environment: [String: String],
        loader: PluginLoader = PluginLoader()
    ) throws(ConfigurationFileError) -> ConfigurationDecoder {
        do throws(SyntaxProblem) {
            let root =
                switch format {
                case .yaml: try YAMLReader.read(text)
                case .json: try JSONReader.read(text)
                }
            var decoder = ConfigurationDecoder(file: name, environment: environment, loader: loader)
            decoder.decode(root)
            return decoder
        } catch {
            throw ConfigurationFileError(file: name, line: error.line, message: error.message)
        }
    }

    private static func format(of path: String) throws(ConfigurationFileError) -> Format {
        let file = path.split(separator: "/").last ?? ""
        let parts = file.split(separator: ".", omittingEmptySubsequences: false)
        switch parts.count > 1 ? parts.last?.lowercased() : nil {
        case "yaml", "yml": return .yaml
        case "json": return .json
        case let found:
            let ending = found.map { "found .\($0)" } ?? "found no extension"
            throw ConfigurationFileError(
                file: path,
                message: "expected a name ending in .yaml, .yml or .json, \(ending)"
            )
        }
    }
}
