import CStreamFencePlugin
import CStreamFenceShim
import Logging
import StreamFence
import StreamFencePluginKit
import Synchronization

/// A plugin as the host's side of its calls knows it: which file it is, and where its lines and its late answers go.
///
/// Every file that was opened keeps its own for as long as the process lives, as its code may call at any time.
final class PluginOrigin: Sendable {
    /// Its place among the shim's functions.
    let number: UInt32
    /// Its path.
    let file: String
    let logger: Logger
    /// Answers to calls that nobody waits for.
    let lateAnswers = Atomic<UInt64>(0)
    /// Instances that have not been destroyed.
    let instances = Atomic<Int>(0)

    private static let all = Mutex<[PluginOrigin]>([])

    /// Connects what plugins call with this side, once: a plugin's thread may be calling when the next is loaded.
    private static let isConnected: Bool = {
        sf_shim_set_handlers(
            { plugin, level, line in PluginOrigin.number(plugin)?.log(level, line) },
            { plugin, call, decision in PluginOrigin.number(plugin)?.answer(call, decision) }
        )
        sf_shim_report_crashes()
        return true
    }()

    private init(number: UInt32, file: String, logger: Logger) {
        self.number = number
        self.file = file
        var logger = logger
        logger[metadataKey: "plugin"] = "\(file)"
        self.logger = logger
    }

    /// Takes the next place.
    static func register(_ file: String, _ logger: Logger) throws(PluginLoadError) -> PluginOrigin {
        _ = isConnected
        let origin = all.withLock { all -> PluginOrigin? in
            guard all.count < SF_SHIM_MOST_PLUGINS else { return nil }
            let origin = PluginOrigin(number: UInt32(all.count), file: file, logger: logger)
            all.append(origin)
            return origin
        }
        guard let origin else {
            throw PluginLoadError(
                .tooMany,
                file,
                expected: "at most \(SF_SHIM_MOST_PLUGINS) plugins in a process",
                found: "one more"
            )
        }
        return origin
    }

    private static func number(_ number: UInt32) -> PluginOrigin? {
        all.withLock { $0.indices.contains(Int(number)) ? $0[Int(number)] : nil }
    }

    /// Names the plugin, and perhaps a component, in the report of a crash. Lives as long as the process.
    func callee(_ component: String? = nil) -> UnsafePointer<sf_shim_callee> {
        let callee = sf_shim_callee(file: permanentText(file), component: component.map(permanentText))
        return UnsafePointer(permanent([callee]))
    }

    private func log(_ level: Int32, _ line: sf_slice) {
        let level: Logger.Level =
            switch Int(level) {
            case ...Int(SF_LOG_DEBUG): .debug
            case Int(SF_LOG_INFO): .info
            case Int(SF_LOG_WARNING): .warning
            default: .error
            }
        logger.log(level: level, "\(escapingControls(line.text))")
    }

    private func answer(_ call: UInt64, _ decision: UnsafePointer<sf_token_decision>?) {
        guard let waiting = TokenCalls.remove(call, of: self) else {
            lateAnswers.wrappingAdd(1, ordering: .relaxed)
            return
        }
        waiting.answer(decision)
    }
}
