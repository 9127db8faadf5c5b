import StreamFencePluginKit

/// Everything that comes with StreamFence.
public enum Builtin {
    /// The components by which a registry knows them.
    public static let components: [PluginComponent] = [
        .overflowPolicy("reject-new") { _ in RejectNew() },
        .overflowPolicy("drop-oldest") { _ in DropOldest() },
        .overflowPolicy("coalesce") { _ in Coalesce() },
        .overflowPolicy("snapshot-only") { _ in SnapshotOnly() },
        .overflowPolicy("spill-to-disk") { _ in SpillToDisk() },
        .overflowPolicy("disconnect") { _ in Disconnect() },
        .tokenValidator("static") { StaticTokens(&$0) },
        .tokenValidator("deny-all") { _ in DenyAll() },
        .spillStore("log") { options in
            let read = LogSpillStore.Options(&options)
            return { try LogSpillStore(root: $0, options: read) }
        },
        .spillStore("json-files") { _ in { try JSONFilesSpillStore(root: $0) } },
    ]
}

extension LogSpillStore.Options {
    init(_ options: inout PluginOptions) {
        let defaults = LogSpillStore.Options()
        sync = options.choice("sync", default: defaults.sync)
        syncInterval = options.milliseconds("syncIntervalMs", default: defaults.syncInterval)
        segmentBytes = options.integer("segmentBytes", in: 65_536...1 << 40, default: defaults.segmentBytes)
        options.require(
            sync == .interval,
            for: "syncIntervalMs",
            by: "sync",
            "has an effect with sync: interval only"
        )
    }
}
