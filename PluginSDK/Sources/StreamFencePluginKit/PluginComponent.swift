/// One thing that a plugin offers: an overflow policy, a token validator, a spill store or a metrics sink, and the name that
/// `use:` gives it in a configuration.
///
/// The same value serves a plugin that is loaded from a file and one that is linked into a program, which gives it to its
/// server's registry.
public struct PluginComponent: Sendable {
    /// Lower case letters, digits and `-`; no two of one kind in a process have the same.
    public let name: String
    /// How instances are made.
    package let factory: Factory

    package enum Factory: Sendable {
        /// `decide` is nil for the function that finds any policy by its instance.
        case overflowPolicy(make: @Sendable (PluginSettings) throws -> ExportablePolicy, decide: OverflowFunction?)
        case tokenValidator(@Sendable (PluginSettings) throws -> any TokenValidator)
        case spillStore(@Sendable (PluginSettings) throws -> any SpillStore)
        case metricsSink(@Sendable (PluginSettings) throws -> any MetricsSink)
    }

    /// Looks for mistakes in options, and throws them.
    package let check: @Sendable ([String: PluginOption]) throws -> Void

    /// What the name is unique in.
    public var kind: PluginKind {
        switch factory {
        case .overflowPolicy: .overflowPolicy
        case .tokenValidator: .tokenValidator
        case .spillStore: .spillStore
        case .metricsSink: .metricsSink
        }
    }

    package init(name: String, factory: Factory, check: @escaping @Sendable ([String: PluginOption]) throws -> Void) {
        self.name = name
        self.factory = factory
        self.check = check
    }

    /// An overflow policy.
    ///
    /// - Parameters:
    ///   - name: lower case letters, digits and `-`.
    ///   - make: makes an instance for each namespace that uses it, and is called to check options as well.
    @inlinable
    public static func overflowPolicy<Policy: OverflowPolicy>(
        _ name: String,
        _ make: @escaping @Sendable (inout PluginOptions) throws -> Policy
    ) -> PluginComponent {
        PluginComponent(overflowPolicy: name) { options in ExportablePolicy(try make(&options)) }
    }

    /// The same for a choice between policies of several types.
    ///
    /// Disfavoured: a closure that follows the call without a label would be taken for this one, and decisions cost more then.
    @_disfavoredOverload
    public static func overflowPolicy(
        _ name: String,
        choosing make: @escaping @Sendable (inout PluginOptions) throws -> any OverflowPolicy
    ) -> PluginComponent {
        PluginComponent(overflowPolicy: name) { options in ExportablePolicy(try make(&options)) }
    }

    /// An overflow policy without options, all of whose instances decide the same. A server calls its function without the way
    /// through an instance: a call less for each decision, of the three that a loaded policy costs.
    ///
    /// ```swift
    /// .overflowPolicy("mine", Mine()) { Mine().decide($1, $2, $3) }
    /// ```
    ///
    /// - Parameters:
    ///   - name: lower case letters, digits and `-`.
    ///   - policy: decides where it is linked into a program, and ranks.
    ///   - decide: has the same policy decide, with ``OverflowPolicy/decide(_:_:_:)``.
    @inlinable
    public static func overflowPolicy<Policy: OverflowPolicy>(
        _ name: String,
        _ policy: Policy,
        decide: @escaping OverflowFunction
    ) -> PluginComponent {
        PluginComponent(overflowPolicy: name, decide: decide) { _ in ExportablePolicy(policy) }
    }

    @usableFromInline
    init(
        overflowPolicy name: String,
        decide: OverflowFunction? = nil,
        _ make: @escaping @Sendable (inout PluginOptions) throws -> ExportablePolicy
    ) {
        self.init(
            name: name,
            factory: .overflowPolicy(
                make: { try PluginOptions.read($0.options, of: name, make) },
                decide: decide
            ),
            check: { _ = try PluginOptions.read($0, of: name, make) }
        )
    }

    /// A token validator.
    ///
    /// - Parameters:
    ///   - name: lower case letters, digits and `-`.
    ///   - make: makes an instance for each place that uses it, and is called to check options as well: what reads files or
    ///     asks the network has the other form, with `opening`.
    public static func tokenValidator(
        _ name: String,
        _ make: @escaping @Sendable (inout PluginOptions) throws -> any TokenValidator
    ) -> PluginComponent {
        PluginComponent(
            name: name,
            factory: .tokenValidator { try PluginOptions.read($0.options, of: name, make) },
            check: { _ = try PluginOptions.read($0, of: name, make) }
        )
    }

    /// A token validator that reads files or asks the network when it is made.
    ///
    /// - Parameters:
    ///   - name: lower case letters, digits and `-`.
    ///   - make: reads the options, and returns what makes an instance. Only the first is called to check options.
    public static func tokenValidator(
        _ name: String,
        opening make: @escaping @Sendable (inout PluginOptions) throws -> @Sendable () throws -> any TokenValidator
    ) -> PluginComponent {
        PluginComponent(
            name: name,
            factory: .tokenValidator { try PluginOptions.read($0.options, of: name, make)() },
            check: { _ = try PluginOptions.read($0, of: name, make) }
        )
    }

    /// A spill store.
    ///
    /// - Parameters:
    ///   - name: lower case letters, digits and `-`.
    ///   - make: reads the options, and returns what opens the store in a folder, which may not exist yet. Only the first
    ///     is called to check options.
    public static func spillStore(
        _ name: String,
        _ make:
            @escaping @Sendable (inout PluginOptions) throws -> @Sendable (_ folder: String) throws -> any SpillStore
    ) -> PluginComponent {
        PluginComponent(
            name: name,
            factory: .spillStore { try PluginOptions.read($0.options, of: name, make)($0.folder) },
            check: { _ = try PluginOptions.read($0, of: name, make) }
        )
    }

    /// A metrics sink.
    ///
    /// - Parameters:
    ///   - name: lower case letters, digits and `-`.
    ///   - make: makes an instance for each place that uses it, and is called to check options as well: what opens files or
    ///     connections has the other form, with `opening`.
    public static func metricsSink(
        _ name: String,
        _ make: @escaping @Sendable (inout PluginOptions) throws -> any MetricsSink
    ) -> PluginComponent {
        PluginComponent(
            name: name,
            factory: .metricsSink { try PluginOptions.read($0.options, of: name, make) },
            check: { _ = try PluginOptions.read($0, of: name, make) }
        )
    }

    /// A metrics sink that opens files or connections when it is made.
    ///
    /// - Parameters:
    ///   - name: lower case letters, digits and `-`.
    ///   - make: reads the options, and returns what makes an instance. Only the first is called to check options.
    public static func metricsSink(
        _ name: String,
        opening make: @escaping @Sendable (inout PluginOptions) throws -> @Sendable () throws -> any MetricsSink
    ) -> PluginComponent {
        PluginComponent(
            name: name,
            factory: .metricsSink { try PluginOptions.read($0.options, of: name, make)() },
            check: { _ = try PluginOptions.read($0, of: name, make) }
        )
    }
}

/// What a component is. The raw values are how messages call it.
public enum PluginKind: String, Sendable, CaseIterable {
    /// An ``OverflowPolicy``.
    case overflowPolicy = "overflow policy"
    /// A ``TokenValidator``.
    case tokenValidator = "token validator"
    /// A ``SpillStore``.
    case spillStore = "spill store"
    /// A ``MetricsSink``.
    case metricsSink = "metrics sink"
}

/// What an instance is made with.
package struct PluginSettings: Sendable {
    package let options: [String: PluginOption]
    /// Where a spill store keeps everything; empty for other kinds.
    package let folder: String

    package init(options: [String: PluginOption], folder: String = "") {
        self.options = options
        self.folder = folder
    }
}
