import CStreamFencePlugin
import CStreamFenceShim
import Logging
import StreamFencePluginKit
import Synchronization

/// One thing that a loaded plugin offers: makes it into what a registry knows.
///
/// Unchecked: what it points to was checked once, belongs to the plugin, and stays as it is as long as the process lives.
final class ForeignComponent: @unchecked Sendable {
    let kind: PluginKind
    let name: String
    let plugin: String
    let origin: PluginOrigin
    let callee: UnsafePointer<sf_shim_callee>
    let table: UnsafeRawPointer
    let metrics = PluginMetrics()
    let threads = BlockingThreads()
    private let raw: UnsafePointer<sf_component>

    /// The contract calls `check` and `create` one at a time in the process. Held while the plugin's code runs, therefore; that
    /// code has no way back here.
    private static let oneAtATime = Mutex<Void>(())

    init(_ component: PluginDescription.Component, of plugin: String, _ origin: PluginOrigin) {
        kind = component.kind
        name = component.name
        self.plugin = plugin
        self.origin = origin
        callee = origin.callee("\(component.kind.rawValue) \(component.name)")
        raw = UnsafePointer(permanent([component.raw]))
        // A description without a table was refused.
        table = component.raw.table.unsafelyUnwrapped
    }

    /// What the metrics are told apart by.
    var labels: [MetricSample.Label] {
        [
            .init(name: "plugin", value: plugin),
            .init(name: "kind", value: kind.rawValue.replacing(" ", with: "_")),
            .init(name: "name", value: name),
        ]
    }

    /// For a registry.
    var component: PluginComponent {
        PluginComponent(name: name, factory: factory, check: { try self.check($0) })
    }

    private var factory: PluginComponent.Factory {
        switch kind {
        case .overflowPolicy:
            .overflowPolicy(make: { ExportablePolicy(BridgedOverflowPolicy(try self.make($0))) }, decide: nil)
        case .tokenValidator: .tokenValidator { BridgedTokenValidator(try self.make($0)) }
        case .spillStore: .spillStore { BridgedSpillStore(try self.make($0)) }
        case .metricsSink: .metricsSink { BridgedMetricsSink(try self.make($0)) }
        }
    }

    private func check(_ options: [String: PluginOption]) throws {
        guard raw.pointee.check != nil else { return }
        try Self.with(PluginSettings(options: options)) { settings, failure in
            let outcome = Self.oneAtATime.withLock { _ in sf_shim_check(callee, raw, settings, failure) }
            if outcome != SF_SHIM_SUCCEEDED { throw optionsError("check", failure.pointee.text) }
        }
    }

    private func make(_ settings: PluginSettings) throws -> PluginInstance {
        try Self.with(settings) { settings, failure in
            var instance: UnsafeMutableRawPointer?
            let outcome = Self.oneAtATime.withLock { _ in sf_shim_create(callee, raw, settings, &instance, failure) }
            if outcome == SF_SHIM_SUCCEEDED, let instance { return PluginInstance(instance, of: self) }
            // Without a check, it is create that finds the mistakes in the options.
            if raw.pointee.check == nil { throw optionsError("create", failure.pointee.text) }
            throw error("create", failure.pointee.text)
        }
    }

    fileprivate func destroy(_ instance: UnsafeMutableRawPointer) {
        if sf_shim_destroy(callee, raw, instance) != SF_SHIM_SUCCEEDED {
            metrics.countError()
            origin.logger.warning("\(kind.rawValue) \(name): destroy threw a C++ exception")
        }
    }

    private static func with<Result>(
        _ settings: PluginSettings,
        _ body: (UnsafePointer<sf_settings>, UnsafeMutablePointer<sf_error>) throws -> Result
    ) throws -> Result {
        try PluginOption.json(settings.options).withUnsafeBytes { options in
            try sf_slice.with(settings.folder) { folder in
                var settings = sf_settings(
                    size: UInt32(MemoryLayout<sf_settings>.size),
                    options: sf_slice(options),
                    folder: folder
                )
                var failure = sf_error()
                return try body(&settings, &failure)
            }
        }
    }

    /// What went wrong in a call.
    func error(_ call: String, _ message: String) -> PluginCallError {
        PluginCallError(
            component: "\(kind.rawValue) \(name) of \(origin.file)",
            call: call,
            message: message.isEmpty ? "failed, and gave no reason" : message
        )
    }

    /// A line for each option that is wrong: `name: expected …, found …`.
    private func optionsError(_ call: String, _ text: String) -> any Error {
        let problems = text.split(separator: "\n").map { line -> PluginOptionProblem in
            guard let colon = line.range(of: ": "), Self.isOption(line[..<colon.lowerBound]) else {
                return PluginOptionProblem(name: "", message: String(line))
            }
            return PluginOptionProblem(
                name: String(line[..<colon.lowerBound]),
                message: String(line[colon.upperBound...])
            )
        }
        return problems.isEmpty ? error(call, "") : PluginOptionsError(problems: problems)
    }

    /// A sentence with a colon is no option.
    private static func isOption(_ name: Substring) -> Bool {
        !name.isEmpty && !name.contains(where: \.isWhitespace) && !name.contains("/")
    }
}

extension Substring {
    fileprivate func range(of separator: String) -> Range<Index>? {
        ranges(of: separator).first
    }
}

/// An instance that a plugin made; destroyed with this.
///
/// Unchecked: the contract says which of its functions may be called from which thread, and the bridges keep to that.
final class PluginInstance: @unchecked Sendable {
    let component: ForeignComponent
    let pointer: UnsafeMutableRawPointer

    fileprivate init(_ pointer: UnsafeMutableRawPointer, of component: ForeignComponent) {
        self.component = component
        self.pointer = pointer
        component.origin.instances.wrappingAdd(1, ordering: .relaxed)
    }

    deinit {
        component.destroy(pointer)
        component.origin.instances.wrappingSubtract(1, ordering: .releasing)
    }

    /// Makes a call that may fail, and may block.
    func perform(_ call: String, _ body: (UnsafeMutablePointer<sf_error>) throws -> Int32) throws {
        var failure = sf_error()
        let outcome = try component.metrics.measure { try body(&failure) }
        guard outcome == SF_SHIM_SUCCEEDED else {
            component.metrics.countError()
            throw component.error(call, failure.text)
        }
    }

    /// What the plugin answered breaks the contract.
    func refuse(_ call: String, expected: String, found: String) -> PluginCallError {
        component.metrics.countError()
        return component.error(call, "expected \(expected), found \(found)")
    }
}

/// A call into a plugin failed.
struct PluginCallError: Error, CustomStringConvertible {
    let component: String
    let call: String
    let message: String

    var description: String { "\(component): \(call): \(message)" }
}
