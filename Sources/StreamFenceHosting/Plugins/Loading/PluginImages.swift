import Synchronization

/// The files whose code is in this process. None ever leaves it, so what became of each is remembered.
struct PluginImages {
    private struct Image {
        let identity: FileIdentity
        let outcome: Result<LoadedPlugin, PluginLoadError>
    }

    private var images: [String: Image] = [:]

    /// Held while a plugin is loaded, its constructors and its entry point included: the contract calls those one at a time,
    /// and nothing they can call comes here.
    static let all = Mutex(PluginImages())

    /// What became of the file, if its code is here: loading it again would find that code, and start it twice.
    func outcome(of file: borrowing PluginFile) throws(PluginLoadError) -> LoadedPlugin? {
        guard let image = images[file.path] else { return nil }
        guard image.identity == file.identity else {
            let message = "the file was replaced after this process had loaded it; restart the process"
            throw PluginLoadError(.changed, file.path, message)
        }
        return try image.outcome.get()
    }

    mutating func remember(_ file: borrowing PluginFile, _ outcome: Result<LoadedPlugin, PluginLoadError>) {
        images[file.path] = Image(identity: file.identity, outcome: outcome)
    }

    /// Those that were loaded.
    var plugins: [LoadedPlugin] {
        images.values.compactMap { try? $0.outcome.get() }.sorted { $0.file < $1.file }
    }
}
