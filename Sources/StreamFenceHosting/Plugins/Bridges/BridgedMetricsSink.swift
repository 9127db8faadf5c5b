import CStreamFencePlugin
import CStreamFenceShim
import StreamFencePluginKit

/// A loaded plugin's metrics sink.
final class BridgedMetricsSink: MetricsSink, @unchecked Sendable {
    // Unchecked: the table belongs to the plugin and stays as it is as long as the process lives.
    private let instance: PluginInstance
    private let table: UnsafePointer<sf_metrics_sink>

    init(_ instance: PluginInstance) {
        self.instance = instance
        table = instance.component.table.assumingMemoryBound(to: sf_metrics_sink.self)
    }

    func export(_ snapshot: MetricsSnapshot) throws {
        guard table.pointee.export_snapshot != nil else { return }
        let memory = SnapshotMemory(snapshot)
        try memory.with { snapshot in
            try instance.perform("export_snapshot") {
                sf_shim_export(instance.component.callee, table, instance.pointer, snapshot, $0)
            }
        }
    }

    func render(_ snapshot: MetricsSnapshot) throws -> String? {
        guard table.pointee.render != nil else { return nil }
        let memory = SnapshotMemory(snapshot)
        var bytes: [UInt8]?
        try withUnsafeMutablePointer(to: &bytes) { bytes in
            try memory.with { snapshot in
                try instance.perform("render") {
                    sf_shim_render(
                        instance.component.callee,
                        table,
                        instance.pointer,
                        snapshot,
                        // A text may come in parts.
                        { to, text in
                            to?.assumingMemoryBound(to: [UInt8]?.self).pointee.append(text.buffer)
                        },
                        bytes,
                        $0
                    )
                }
            }
        }
        return bytes.map { String(decoding: $0, as: UTF8.self) }
    }
}

extension [UInt8]? {
    fileprivate mutating func append(_ bytes: UnsafeRawBufferPointer) {
        self = (self ?? []) + bytes
    }
}
