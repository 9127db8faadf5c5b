import CStreamFencePlugin
import CStreamFenceShim
import Logging
import StreamFence
import StreamFencePluginKit

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Brings plugins from shared objects into this process.
///
/// 1. Checks a file before any code of it runs: where it lies, who may write to it, what it is (``PluginFile``,
///    ``SharedObject``).
/// 2. Tries it in a child process first, where there is a ``PluginProbe``.
/// 3. Loads it, reads its ABI record, starts it, and checks what it says of itself (``PluginDescription``).
/// 4. Makes a registry of what a configuration asks for.
///
/// The contract is the header in `PluginSDK`. All methods block: call them at start-up, not on an event loop.
public struct PluginLoader: Sendable {
    /// Where the library with the built-in plugins lies, and the executable it comes with; `nil`, the default, uses the plugins
    /// that are linked into the program.
    public var builtinLibrary: BuiltinLibrary?
    /// What tries a file before this process loads it; `nil`, the default, loads it at once: a constructor that crashes then
    /// ends this process.
    public var probe: PluginProbe?
    /// Where the plugins' lines go.
    public var logger: Logger

    /// - Parameters:
    ///   - builtinLibrary: by default none: the linked plugins are used.
    ///   - probe: by default none.
    ///   - logger: where the plugins' lines go.
    public init(
        builtinLibrary: BuiltinLibrary? = nil,
        probe: PluginProbe? = nil,
        logger: Logger = Logger(label: "streamfence")
    ) {
        self.builtinLibrary = builtinLibrary
        self.probe = probe
        self.logger = logger
    }

    /// Loads one file. A file that this process has loaded before is not loaded again: its plugin is returned.
    ///
    /// - Parameters:
    ///   - name: an absolute path, or one from the folder.
    ///   - folder: where the file has to lie. Only root and the user of this process may be able to write to it and the file.
    ///   - sha256: what the file's hash has to be, in hexadecimal digits; `nil` for any.
    public func load(
        _ name: String,
        in folder: String,
        sha256: String? = nil
    ) throws(PluginLoadError) -> LoadedPlugin {
        let file = try PluginFile.open(name, in: folder)
        if let sha256 { try file.requireHash(sha256) }
        try SharedObject.check(file)
        try probe?.run(file.path, in: folder)
        return try load(file)
    }

    /// Loads the library that comes with an executable, wherever it lies.
    func load(_ library: BuiltinLibrary) throws(PluginLoadError) -> LoadedPlugin {
        let file = try PluginFile.open(library.path, like: library.executable)
        try SharedObject.check(file)
        return try load(file)
    }

    private func load(_ file: borrowing PluginFile) throws(PluginLoadError) -> LoadedPlugin {
        // The lock's closure can throw anything, for the compiler.
        let outcome = PluginImages.all.withLock { images -> Result<LoadedPlugin, PluginLoadError> in
            do throws(PluginLoadError) {
                if let loaded = try images.outcome(of: file) { return .success(loaded) }
                let origin = try PluginOrigin.register(file.path, logger)
                let image = try open(file, origin)
                let outcome = Result { () throws(PluginLoadError) in try start(image, file, origin) }
                images.remember(file, outcome)
                return outcome
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// From here on the file's code is in the process, and its constructors have run.
    private func open(
        _ file: borrowing PluginFile,
        _ origin: PluginOrigin
    ) throws(PluginLoadError) -> UnsafeMutableRawPointer {
        var error = sf_error()
        guard let image = sf_shim_open(origin.callee(), file.path, &error) else {
            throw PluginLoadError(
                .linkFailed,
                file.path,
                expected: "the dynamic linker to load it",
                found: "\"\(error.text)\""
            )
        }
        return image
    }

    private func start(
        _ image: UnsafeMutableRawPointer,
        _ file: borrowing PluginFile,
        _ origin: PluginOrigin
    ) throws(PluginLoadError) -> LoadedPlugin {
        try file.confirm()
        let hint = "; SF_DECLARE_PLUGIN makes it in C, the product StreamFencePlugin in Swift"
        let found = try Self.symbol("streamfence_plugin_abi", image, file.path, hint: hint)
        let record = try ABIRecord(found.assumingMemoryBound(to: sf_abi.self), of: file.path)
        let entry = try Self.symbol("streamfence_plugin_init", image, file.path)

        var error = sf_error()
        var plugin: UnsafePointer<sf_plugin>?
        let outcome = sf_shim_init(
            origin.callee(),
            unsafeBitCast(entry, to: sf_shim_init_function.self),
            sf_shim_host(origin.number),
            &plugin,
            &error
        )
        guard outcome == SF_SHIM_SUCCEEDED, let plugin else {
            let reason = error.text.isEmpty ? "a null pointer, and no reason" : "\"\(error.text)\""
            throw PluginLoadError(
                .initFailed,
                file.path,
                expected: "streamfence_plugin_init to describe the plugin",
                found: reason
            )
        }
        let description = try PluginDescription(plugin, record, of: file.path)
        for kind in description.unknownKinds {
            origin.logger.notice(
                "passed over a component of a kind that is not known here",
                metadata: ["kind": "\(kind)"]
            )
        }
        let cleanup = dlsym(image, "streamfence_plugin_cleanup")
        let loaded = LoadedPlugin(
            description,
            record,
            origin,
            cleanup: cleanup.map { unsafeBitCast($0, to: sf_shim_cleanup_function.self) }
        )
        // What no registry would take is better said of the file.
        do {
            var registry = PluginRegistry()
            try registry.register(loaded.components, from: .file(file.path))
        } catch {
            throw PluginLoadError(.wrongName, file.path, error.description)
        }
        return loaded
    }

    private static func symbol(
        _ name: String,
        _ image: UnsafeMutableRawPointer,
        _ file: String,
        hint: String = ""
    ) throws(PluginLoadError) -> UnsafeMutableRawPointer {
        guard let symbol = dlsym(image, name) else {
            throw PluginLoadError(
                .notPlugin,
                file,
                expected: "the symbol \(name) of a StreamFence plugin",
                found: "none\(hint)"
            )
        }
        return symbol
    }
}
