import StreamFencePluginKit

/// The plugin's entry point.
@c(streamfence_plugin_init)
public func start(host: PluginHost, failure: PluginFailure) -> PluginDescription {
    Plugin("priority", version: "1.0", [.overflowPolicy("drop-lowest-priority") { try DropLowestPriority(&$0) }])
        .start(host)
}

extension DropLowestPriority {
    fileprivate init(_ options: inout PluginOptions) throws {
        let text = options.text("priority")
        let pointer = JSONPointer(text)
        if pointer == nil, options.problems.isEmpty {
            options.refuse("priority", "expected a JSON pointer such as /level, found \"\(text)\"")
        }
        self.init(priority: pointer ?? JSONPointer(tokens: []))
    }
}
