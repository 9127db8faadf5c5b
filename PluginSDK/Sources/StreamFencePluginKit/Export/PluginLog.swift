import CStreamFencePlugin
import Synchronization

/// The server's log, for a plugin.
public enum PluginLog {
    /// How serious a line is.
    public enum Level: Sendable {
        /// From the least to the most.
        case debug, info, warning, error
    }

    /// The host of a plugin that was loaded from a file.
    static let host = HostReference()

    /// Where lines of linked code go while it is called: whoever calls it knows which server it is called for.
    @TaskLocal package static var linked: LinkedLog?

    /// Writes a line to the server's log, with the plugin's name. Any thread; does not block. Where the code is linked into
    /// a program and not loaded by a host, that holds while a metrics sink exports; other lines go nowhere.
    public static func write(_ level: Level, _ line: String) {
        if let linked { return linked.write(level, line) }
        guard let log = host.load()?.pointee.log else { return }
        sf_slice.with(line) { log(level.code, $0) }
    }
}

/// Takes lines of linked code. A type of its own, as the function alone crashes as a task-local value in a release build (Swift
/// 6.3, Linux): its type is not found there.
package struct LinkedLog: Sendable {
    package let write: @Sendable (PluginLog.Level, String) -> Void

    package init(_ write: @escaping @Sendable (PluginLog.Level, String) -> Void) {
        self.write = write
    }
}

extension PluginLog.Level {
    fileprivate var code: Int32 {
        switch self {
        case .debug: Int32(SF_LOG_DEBUG)
        case .info: Int32(SF_LOG_INFO)
        case .warning: Int32(SF_LOG_WARNING)
        case .error: Int32(SF_LOG_ERROR)
        }
    }
}

/// The host's table, set once before anything else of the plugin runs.
final class HostReference: Sendable {
    private let address = Atomic<UInt>(0)

    func store(_ host: UnsafePointer<sf_host>?) {
        address.store(UInt(bitPattern: host), ordering: .releasing)
    }

    func load() -> UnsafePointer<sf_host>? {
        UnsafePointer(bitPattern: address.load(ordering: .acquiring))
    }
}
