import StreamFencePluginKit

/// Which plugin of a kind is used, and its settings: `{use: log, options: {sync: always}}` in the file.
public struct PluginChoice: Sendable, Equatable {
    /// The plugin's name.
    public var use: String
    /// The plugin's settings by name, default none. What there is to set is the plugin's to say.
    public var options: [String: PluginOption]

    /// Nothing is checked here, see ``ServerConfiguration/problems(at:)``.
    ///
    /// - Parameters:
    ///   - use: the plugin's name.
    ///   - options: its settings by name, default none.
    public init(use: String, options: [String: PluginOption] = [:]) {
        self.use = use
        self.options = options
    }
}
