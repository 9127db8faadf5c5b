import CStreamFencePlugin
import StreamFence
import StreamFencePluginKit

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What a plugin's entry point returned, checked: everything that is called later is there.
struct PluginDescription {
    let name: String
    let version: String
    /// Those of kinds that this host knows.
    let components: [Component]
    /// The numbers of the kinds that it does not know.
    let unknownKinds: [UInt32]

    struct Component {
        let kind: PluginKind
        let name: String
        let raw: sf_component
    }

    init(_ plugin: UnsafePointer<sf_plugin>, _ record: ABIRecord, of file: String) throws(PluginLoadError) {
        let size = Int(plugin.pointee.size)
        guard size >= MemoryLayout<sf_plugin>.size else {
            let expected = "sf_plugin.size of \(MemoryLayout<sf_plugin>.size)"
            throw PluginLoadError(.wrongSize, file, expected: expected, found: "\(size)")
        }
        let count = plugin.pointee.component_count
        guard (1...256).contains(count), let list = plugin.pointee.components else {
            let found = plugin.pointee.components == nil ? "a null pointer" : "\(count)"
            throw PluginLoadError(.wrongDescription, file, expected: "1 to 256 components", found: found)
        }
        name = try Self.text(plugin.pointee.name, "a name of the plugin", file)
        version = try Self.text(plugin.pointee.version, "a version of the plugin", file)

        var components: [Component] = []
        var unknownKinds: [UInt32] = []
        for index in 0..<Int(count) {
            let raw = UnsafeRawPointer(list).loadUnaligned(
                fromByteOffset: index * record.componentSize,
                as: sf_component.self
            )
            guard Int(raw.size) == record.componentSize else {
                throw PluginLoadError(
                    .wrongSize,
                    file,
                    expected: "components[\(index)].size of \(record.componentSize)",
                    found: "\(raw.size)"
                )
            }
            if let kind = PluginKind.allCases.first(where: { $0.code == raw.kind }) {
                components.append(try Self.component(raw, kind, "components[\(index)]", file))
            } else {
                unknownKinds.append(raw.kind)
            }
        }
        self.components = components
        self.unknownKinds = unknownKinds
    }

    private static func component(
        _ raw: sf_component,
        _ kind: PluginKind,
        _ place: String,
        _ file: String
    ) throws(PluginLoadError) -> Component {
        let name = try text(raw.name, "\(place).name", file)
        let title = "\(kind.rawValue) \(name)"
        guard raw.create != nil else { throw missing("create", title, file) }
        guard raw.destroy != nil else { throw missing("destroy", title, file) }
        guard let table = raw.table else { throw missing("table", title, file) }
        switch kind {
        case .overflowPolicy: try check(table, sf_overflow_policy.self, title, file)
        case .tokenValidator: try check(table, sf_token_validator.self, title, file)
        case .spillStore: try check(table, sf_spill_store.self, title, file)
        case .metricsSink: try check(table, sf_metrics_sink.self, title, file)
        }
        return Component(kind: kind, name: name, raw: raw)
    }

    private static func check<Table: FunctionTable>(
        _ table: UnsafeRawPointer,
        _ type: Table.Type,
        _ title: String,
        _ file: String
    ) throws(PluginLoadError) {
        let size = Int(table.loadUnaligned(as: UInt32.self))
        guard size >= MemoryLayout<Table>.size else {
            throw PluginLoadError(
                .wrongSize,
                file,
                expected: "the table of \(title) to have \(MemoryLayout<Table>.size) bytes",
                found: "\(size)"
            )
        }
        if let function = table.loadUnaligned(as: Table.self).missing { throw missing(function, title, file) }
    }

    private static func missing(_ function: String, _ title: String, _ file: String) -> PluginLoadError {
        PluginLoadError(.missingFunction, file, expected: "\(title) to have \(function)", found: "a null pointer")
    }

    /// A name or a version: short, and one line of UTF-8.
    private static func text(
        _ pointer: UnsafePointer<CChar>?,
        _ what: String,
        _ file: String
    ) throws(PluginLoadError) -> String {
        guard let pointer else {
            throw PluginLoadError(.wrongDescription, file, expected: what, found: "a null pointer")
        }
        let length = strnlen(pointer, 129)
        let bytes = UnsafeRawBufferPointer(start: pointer, count: length)
        guard (1...128).contains(length), let text = String(validating: bytes, as: UTF8.self) else {
            throw PluginLoadError(
                .wrongDescription,
                file,
                expected: "\(what), 1 to 128 bytes of UTF-8",
                found: length == 0 ? "an empty one" : length > 128 ? "a longer one" : "other bytes"
            )
        }
        return escapingControls(text)
    }
}

/// The functions of a kind, of which some may be missing.
private protocol FunctionTable {
    /// The first function that is missing and may not be.
    var missing: String? { get }
}

extension sf_overflow_policy: FunctionTable {
    fileprivate var missing: String? { decide == nil ? "decide" : nil }
}

extension sf_token_validator: FunctionTable {
    fileprivate var missing: String? { validate == nil ? "validate" : nil }
}

extension sf_spill_store: FunctionTable {
    fileprivate var missing: String? {
        if append == nil { return "append" }
        if read == nil { return "read" }
        if release == nil { return "release" }
        if drop == nil { return "drop" }
        return lanes == nil ? "lanes" : nil
    }
}

extension sf_metrics_sink: FunctionTable {
    fileprivate var missing: String? {
        export_snapshot == nil && render == nil ? "export_snapshot or render" : nil
    }
}
