import CStreamFencePlugin
import CStreamFenceShim
import StreamFencePluginKit
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A plugin whose code is in this process. It stays for as long as the process lives.
public final class LoadedPlugin: Sendable {
    /// What it calls itself.
    public let name: String
    /// For messages.
    public let version: String
    /// Its path, without symbolic links.
    public let file: String
    /// What compiled it.
    public let toolchain: String
    /// The version of the contract that it was made for, such as `1.0`.
    public let abiVersion: String
    /// What it offers, for a registry.
    public let components: [PluginComponent]

    let origin: PluginOrigin
    private let foreign: [ForeignComponent]
    /// Its `streamfence_plugin_cleanup`, until it was called.
    private let cleanup: Mutex<sf_shim_cleanup_function?>

    init(
        _ description: PluginDescription,
        _ record: ABIRecord,
        _ origin: PluginOrigin,
        cleanup: sf_shim_cleanup_function?
    ) {
        name = description.name
        version = description.version
        file = origin.file
        toolchain = record.toolchain
        abiVersion = record.version
        self.origin = origin
        foreign = description.components.map { ForeignComponent($0, of: description.name, origin) }
        components = foreign.map(\.component)
        self.cleanup = Mutex(cleanup)
    }

    /// How its calls went: `streamfence_plugin_calls_total`, `…_errors_total` and `…_call_seconds` for each component, and
    /// `streamfence_plugin_late_answers_total`. Those of one metric are together.
    public func metrics() -> [MetricSample] { Self.metrics(of: [self]) }

    /// The same for several plugins.
    public static func metrics(of plugins: [LoadedPlugin]) -> [MetricSample] {
        let components = plugins.flatMap(\.foreign).map { (labels: $0.labels, metrics: $0.metrics) }
        // Nothing keeps two files from giving themselves the same name, and no sample may come twice.
        let byName = Dictionary(grouping: plugins, by: \.name).sorted { $0.key < $1.key }
        return PluginMetrics.samples(of: components)
            + byName.map { name, plugins in
                PluginMetrics.lateAnswers(
                    plugins.reduce(0) { $0 + $1.origin.lateAnswers.load(ordering: .relaxed) },
                    of: name
                )
            }
    }

    /// Lets the plugins of this process clean up, those that have something to: call it once, at the end of the process in good
    /// order, when the servers are gone. It blocks for as long as a plugin takes.
    ///
    /// - Parameter patience: how long a plugin's instances are awaited that still exist, as somebody who used them has not quite
    ///   ended; default a second. One whose instances exist for longer is passed over, with a warning.
    public static func cleanUpAll(patience: Duration = .seconds(1)) {
        for plugin in PluginImages.all.withLock({ $0.plugins }) { plugin.cleanUp(patience) }
    }

    /// The file whose plugin cleans up now; nil if none does.
    public static var fileBeingCleanedUp: String? { beingCleanedUp.withLock { $0 } }

    private static let beingCleanedUp = Mutex<String?>(nil)

    private func cleanUp(_ patience: Duration) {
        guard cleanup.withLock({ $0 != nil }) else { return }
        let end = ContinuousClock.now + patience
        while origin.instances.load(ordering: .acquiring) > 0 {
            guard ContinuousClock.now < end else {
                origin.logger.warning("not cleaned up: instances of the plugin still exist")
                return
            }
            usleep(1000)
        }
        Self.beingCleanedUp.withLock { $0 = file }
        defer { Self.beingCleanedUp.withLock { $0 = nil } }
        let function = cleanup.withLock { cleanup in
            defer { cleanup = nil }
            return cleanup
        }
        guard let function else { return }
        if sf_shim_cleanup(origin.callee(), function) != SF_SHIM_SUCCEEDED {
            origin.logger.warning("streamfence_plugin_cleanup threw a C++ exception")
        }
    }
}
