import CStreamFencePlugin

/// What the host passes to a plugin's entry point.
public typealias PluginHost = UnsafePointer<sf_host>?
/// Where a plugin's entry point says why it failed.
public typealias PluginFailure = UnsafeMutablePointer<sf_error>?
/// What a plugin's entry point returns; nil if it failed.
public typealias PluginDescription = UnsafePointer<sf_plugin>?

/// A plugin written in Swift, as its entry point returns it. Its package depends on the product `StreamFencePlugin`, which
/// holds the ABI record besides this module:
///
/// ```swift
/// import StreamFencePluginKit
///
/// @c(streamfence_plugin_init)
/// public func start(host: PluginHost, failure: PluginFailure) -> PluginDescription {
///     Plugin("acme", version: "1.0", [.tokenValidator("acme") { Acme(secret: $0.secret("secret")) }]).start(host)
/// }
/// ```
public struct Plugin: Sendable {
    private let name: String
    private let version: String
    private let components: [PluginComponent]

    /// - Parameters:
    ///   - name: names the plugin in messages.
    ///   - version: for messages.
    ///   - components: what it offers, at least one.
    public init(_ name: String, version: String, _ components: [PluginComponent]) {
        self.name = name
        self.version = version
        self.components = components
    }

    /// Describes the plugin to the host. Called once, from the entry point; what it returns lives as long as the process.
    public func start(_ host: PluginHost) -> PluginDescription {
        PluginLog.host.store(host)
        let table = sf_plugin(
            size: UInt32(MemoryLayout<sf_plugin>.size),
            component_count: UInt32(components.count),
            name: permanentText(name),
            version: permanentText(version),
            components: permanent(components.map(\.exported))
        )
        return UnsafePointer(permanent([table]))
    }
}

extension PluginComponent {
    /// The component for the host. What it refers to lives as long as the process.
    fileprivate var exported: sf_component {
        sf_component(
            size: UInt32(MemoryLayout<sf_component>.size),
            kind: kind.code,
            name: permanentText(name),
            table: table,
            context: Instance.retained(self),
            check: { context, settings, failure in
                Instance<PluginComponent>.value(of: context) { component in
                    do {
                        try component.check(PluginSettings(settings).options)
                        return Int32(SF_SUCCESS)
                    } catch {
                        failure.report(error)
                        return Int32(SF_FAILURE)
                    }
                }
            },
            create: { context, settings, failure in
                Instance<PluginComponent>.value(of: context) { component in
                    do {
                        return try component.factory.make(PluginSettings(settings))
                    } catch {
                        failure.report(error)
                        return nil
                    }
                }
            },
            destroy: { instance in
                instance.map { Unmanaged<AnyObject>.fromOpaque($0).release() }
            }
        )
    }

    private var table: UnsafeRawPointer {
        switch factory {
        case .overflowPolicy(_, let decide): UnsafeRawPointer(permanent([sf_overflow_policy.exported(decide)]))
        case .tokenValidator: UnsafeRawPointer(permanent([sf_token_validator.exported]))
        case .spillStore: UnsafeRawPointer(permanent([sf_spill_store.exported]))
        case .metricsSink: UnsafeRawPointer(permanent([sf_metrics_sink.exported]))
        }
    }
}

extension PluginComponent.Factory {
    /// A new instance, as the host holds it.
    fileprivate func make(_ settings: PluginSettings) throws -> UnsafeMutableRawPointer {
        switch self {
        case .overflowPolicy(let make, _): Instance.retained(try make(settings))
        case .tokenValidator(let make): Instance.retained(ExportedValidator(try make(settings)))
        case .spillStore(let make): Instance.retained(try make(settings))
        case .metricsSink(let make): Instance.retained(try make(settings))
        }
    }
}

extension PluginKind {
    /// The number of the kind in the contract.
    package var code: UInt32 {
        switch self {
        case .overflowPolicy: UInt32(SF_OVERFLOW_POLICY)
        case .tokenValidator: UInt32(SF_TOKEN_VALIDATOR)
        case .spillStore: UInt32(SF_SPILL_STORE)
        case .metricsSink: UInt32(SF_METRICS_SINK)
        }
    }
}

extension PluginSettings {
    fileprivate init(_ settings: UnsafePointer<sf_settings>?) throws {
        guard let settings = settings?.pointee else { throw PluginBoundaryError("expected settings, found none") }
        self.init(options: try PluginOption.options(json: settings.options.buffer), folder: settings.folder.text)
    }
}

/// The other side of the boundary did not do what the contract says.
package struct PluginBoundaryError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
