import StreamFencePluginKit
import Testing

@testable import StreamFenceBuiltin

// `Tests/Sanitized` builds these tests without what loads plugins.
#if canImport(StreamFenceHosting)
import Foundation
import Logging
@testable import StreamFenceHosting
#endif

/// The ways on which the built-in plugins reach a process. What the core relies on holds for each: so the boundary between the
/// host and a loaded plugin takes nothing away.
enum Copy: String, CaseIterable, Sendable {
    /// Linked into the program.
    case linked
    #if canImport(StreamFenceHosting)
    /// Loaded from `libstreamfence_builtin.so`, which was built together with these tests.
    case loaded
    #endif

    private var components: [PluginComponent] {
        get throws {
            switch self {
            case .linked: return Builtin.components
            #if canImport(StreamFenceHosting)
            case .loaded:
                let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
                let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                return try PluginLoader(logger: silent).load(BuiltinLibrary(beside: executable)).components
            #endif
            }
        }
    }

    func policy(_ name: String) throws -> any OverflowPolicy {
        for case .overflowPolicy(let make, _) in try components.filter({ $0.name == name }).map(\.factory) {
            return try make(PluginSettings(options: [:])).policy
        }
        throw NoSuchPlugin(name: name)
    }

    func store(_ name: String, in folder: String) throws -> any SpillStore {
        for case .spillStore(let make) in try components.filter({ $0.name == name }).map(\.factory) {
            return try make(PluginSettings(options: [:], folder: folder))
        }
        throw NoSuchPlugin(name: name)
    }

    struct NoSuchPlugin: Error {
        let name: String
    }
}

/// One store of one copy.
struct StoreCase: CustomTestStringConvertible, Sendable {
    let store: BuiltinStore
    let copy: Copy

    static let allCases = BuiltinStore.allCases.flatMap { store in
        Copy.allCases.map { StoreCase(store: store, copy: $0) }
    }

    var testDescription: String { "\(store), \(copy)" }

    func open(_ root: String) throws -> any SpillStore {
        try copy.store(store == .log ? "log" : "json-files", in: root)
    }
}
