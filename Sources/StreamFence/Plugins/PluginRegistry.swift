import StreamFenceBuiltin
import StreamFencePluginKit

/// What a server's configuration can name: overflow policies, token validators, spill stores and metrics sinks, each known by
/// its kind and name, wherever it comes from.
///
/// ```swift
/// var registry = PluginRegistry.builtin
/// try registry.register([.overflowPolicy("mine") { _ in MyPolicy() }])
/// let server = try StreamFenceServer(configuration: configuration, registry: registry)
/// ```
public struct PluginRegistry: Sendable {
    /// Where a component comes from.
    public enum Origin: Sendable, Equatable, CustomStringConvertible {
        /// Linked into the program: it comes with StreamFence.
        case builtin
        /// Registered by the program.
        case program
        /// Loaded from this file.
        case file(String)

        /// As messages name it.
        public var description: String {
            switch self {
            case .builtin: "StreamFence itself"
            case .program: "the program"
            case .file(let path): path
            }
        }
    }

    /// A component and where it comes from.
    public struct Entry: Sendable {
        /// The component.
        public let component: PluginComponent
        /// Where it comes from.
        public let origin: Origin
    }

    private struct Key: Hashable {
        let kind: PluginKind
        let name: String
    }

    private var entriesByKey: [Key: Entry] = [:]

    /// A registry that knows nothing.
    public init() {}

    /// What comes with StreamFence, linked into the program.
    public static let builtin = PluginRegistry(builtin: Builtin.components + libraryComponents)

    /// What comes with StreamFence and not as a plugin: for a program that loads the others from a file.
    package static let library = PluginRegistry(builtin: libraryComponents)

    /// In a file it would be for another `MetricsSystem` than the program's.
    private static let libraryComponents: [PluginComponent] = [
        .metricsSink("swift-metrics") { _ in SwiftMetricsSink() }
    ]

    /// Names of our own making: they are right.
    private init(builtin components: [PluginComponent]) {
        for component in components {
            entriesByKey[Key(kind: component.kind, name: component.name)] = Entry(
                component: component,
                origin: .builtin
            )
        }
    }

    /// Adds components.
    ///
    /// - Parameter origin: where they come from, by default the program.
    /// - Throws: the first whose name is not one, or is taken: nothing is added then.
    public mutating func register(
        _ components: [PluginComponent],
        from origin: Origin = .program
    ) throws(PluginRegistryError) {
        var added = entriesByKey
        for component in components {
            guard Self.isName(component.name) else {
                throw PluginRegistryError(
                    "\(component.kind.rawValue) \"\(component.name)\" of \(origin): expected a name of 1 to 64 lower case "
                        + "letters, digits and -"
                )
            }
            let key = Key(kind: component.kind, name: component.name)
            if let taken = added.updateValue(Entry(component: component, origin: origin), forKey: key) {
                throw PluginRegistryError(
                    "\(component.kind.rawValue) \(component.name) of \(origin): the name is taken by that of \(taken.origin)"
                )
            }
        }
        entriesByKey = added
    }

    private static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "-")
            }
    }

    /// Everything that is registered, by kind and name.
    public var entries: [Entry] {
        entriesByKey.sorted {
            let kinds = PluginKind.allCases
            let (left, right) = (kinds.firstIndex(of: $0.key.kind) ?? 0, kinds.firstIndex(of: $1.key.kind) ?? 0)
            return left == right ? $0.key.name < $1.key.name : left < right
        }.map(\.value)
    }

    /// The component that a configuration names.
    func entry(_ kind: PluginKind, _ name: String) -> Entry? {
        entriesByKey[Key(kind: kind, name: name)]
    }

    func names(_ kind: PluginKind) -> [String] {
        entriesByKey.keys.filter { $0.kind == kind }.map(\.name).sorted()
    }
}

/// A component could not be registered.
public struct PluginRegistryError: Error, Sendable, CustomStringConvertible {
    /// Which one, what was expected and what was found.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
