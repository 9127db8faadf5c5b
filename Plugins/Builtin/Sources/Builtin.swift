import StreamFencePluginKit

/// Everything that comes with StreamFence.
public enum Builtin {
    /// The components by which a registry knows them.
    public static let components: [PluginComponent] = [
        // A closure for each, as C functions know no generics.
        .overflowPolicy("reject-new", RejectNew()) { RejectNew().decide($1, $2, $3) },
        .overflowPolicy("drop-oldest", DropOldest()) { DropOldest().decide($1, $2, $3) },
        .overflowPolicy("coalesce", Coalesce()) { Coalesce().decide($1, $2, $3) },
        .overflowPolicy("snapshot-only", SnapshotOnly()) { SnapshotOnly().decide($1, $2, $3) },
        .overflowPolicy("spill-to-disk", SpillToDisk()) { SpillToDisk().decide($1, $2, $3) },
        .overflowPolicy("disconnect", Disconnect()) { Disconnect().decide($1, $2, $3) },
        .tokenValidator("static") { StaticTokens(&$0) },
        .tokenValidator("deny-all") { _ in DenyAll() },
        .spillStore("log") { options in
            let read = LogSpillStore.Options(&options)
            return { try LogSpillStore(root: $0, options: read) }
        },
        .spillStore("json-files") { _ in { try JSONFilesSpillStore(root: $0) } },
        .metricsSink("prometheus") { _ in PrometheusSink() },
        .metricsSink("log") { LogSink(level: $0.choice("level", default: .info)) },
        .metricsSink("noop") { _ in NoopSink() },
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
