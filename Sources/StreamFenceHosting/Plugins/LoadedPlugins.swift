import StreamFence
import StreamFencePluginKit

/// What the `plugins` section of a configuration brought into the process.
public struct LoadedPlugins: Sendable {
    /// What a configuration can name.
    public internal(set) var registry: PluginRegistry
    /// The plugins that came from files, that with the built-in ones included.
    public internal(set) var plugins: [LoadedPlugin]

    /// How the calls into the plugins went: see ``LoadedPlugin/metrics()``.
    public func metrics() -> [MetricSample] { LoadedPlugin.metrics(of: plugins) }
}

extension PluginLoader {
    /// Loads what a configuration asks for.
    ///
    /// - Throws: every problem of the section and its files, each under its key.
    public func load(_ configuration: PluginsConfiguration) throws(ConfigurationError) -> LoadedPlugins {
        var problems = configuration.problems()
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        var loaded = LoadedPlugins(registry: .builtin, plugins: [])
        do throws(ConfigurationError) {
            if let library = try library(for: configuration.builtin) {
                loaded.registry = .library
                try add("plugins.builtin", to: &loaded) { () throws(PluginLoadError) in try load(library) }
            }
        } catch {
            // Without the built-in plugins the others are still looked at.
            problems += error.problems
            loaded.registry = .builtin
        }
        for (index, file) in configuration.load.enumerated() {
            do throws(ConfigurationError) {
                try add("plugins.load[\(index)].path", to: &loaded) { () throws(PluginLoadError) in
                    try load(file.path, in: configuration.directory ?? "", sha256: file.sha256)
                }
            } catch {
                problems += error.problems
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        return loaded
    }

    /// Nil for the plugins that are linked into the program.
    private func library(for choice: PluginsConfiguration.Builtin) throws(ConfigurationError) -> BuiltinLibrary? {
        switch choice {
        case .linked:
            return nil
        case .dlopen:
            guard let builtinLibrary else {
                let message = "dlopen is for the streamfence executable: this program does not say where the library is"
                throw ConfigurationError(problems: [.init(path: "plugins.builtin", message: message)])
            }
            return builtinLibrary
        case .auto:
            guard let drawback = builtinLibrary?.drawback else { return builtinLibrary }
            logger.warning("the built-in plugins are those linked into the executable: \(drawback)")
            return nil
        }
    }

    private func add(
        _ key: String,
        to loaded: inout LoadedPlugins,
        _ load: () throws(PluginLoadError) -> LoadedPlugin
    ) throws(ConfigurationError) {
        let message: String
        do {
            let plugin = try load()
            try loaded.registry.register(plugin.components, from: .file(plugin.file))
            loaded.plugins.append(plugin)
            return
        } catch {
            message = "\(error)"
        }
        throw ConfigurationError(problems: [.init(path: key, message: message)])
    }
}
