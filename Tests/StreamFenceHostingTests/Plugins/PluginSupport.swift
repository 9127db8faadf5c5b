import Foundation
import Logging
import StreamFencePluginKit
import Synchronization

@testable import StreamFence
@testable import StreamFenceHosting

extension BuiltinLibrary {
    /// The one that was built together with these tests.
    static let ofTheseTests = BuiltinLibrary(beside: executableOfTheseTests)
}

let executableOfTheseTests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path

/// A plugin of `Tests/PluginFixtures`, compiled into a folder of its own, which goes with it.
final class Fixture: Sendable {
    /// Without symbolic links, as messages name it.
    let folder: String
    let name: String

    var path: String { "\(folder)/\(name)" }

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A folder with nothing in it yet.
    init(empty name: String) throws {
        let parent = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        let folder = parent.appendingPathComponent("streamfence-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        self.folder = folder.path
        self.name = name
        try setMode(0o755, of: self.folder)
    }

    /// - Parameters:
    ///   - source: such as `good.c`.
    ///   - flags: for the compiler, by default those that make a shared object.
    convenience init(_ source: String, flags: [String] = ["-shared", "-fPIC"]) throws {
        let name = source.prefix { $0 != "." }
        try self.init(empty: "\(name).so")
        let fixtures = Self.root.appendingPathComponent("Tests/PluginFixtures")
        let header = Self.root.appendingPathComponent("PluginSDK/Sources/CStreamFencePlugin/include")
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments =
            [source.hasSuffix(".cpp") ? "c++" : "cc"] + flags
            + ["-I", header.path, fixtures.appendingPathComponent(source).path, "-o", path, "-pthread"]
        try compiler.run()
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else { throw CompilerFailed(source: source) }
        try setMode(0o755, of: path)
    }

    struct CompilerFailed: Error {
        let source: String
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    func setMode(_ mode: Int, of path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    /// Puts another file in its place. Not in the file itself: its code may be running.
    func change(_ body: (inout Data) -> Void) throws {
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        body(&data)
        try data.write(to: URL(fileURLWithPath: path), options: .atomic)
        try setMode(0o755, of: path)
    }

    func load(sha256: String? = nil, logger: Logger = silent) throws(PluginLoadError) -> LoadedPlugin {
        try PluginLoader(logger: logger).load(name, in: folder, sha256: sha256)
    }

    /// Why it is not loaded, with `FOLDER` for its folder.
    func refusal(sha256: String? = nil, probe: PluginProbe? = nil) -> (code: PluginLoadError.Code, message: String)? {
        do {
            _ = try PluginLoader(probe: probe, logger: silent).load(name, in: folder, sha256: sha256)
            return nil
        } catch {
            return (error.code, error.description.replacing(folder, with: "FOLDER"))
        }
    }
}

let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A log that remembers its lines.
final class Lines: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in self } }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.level): \(event.message)") }
    }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
}

extension LoadedPlugin {
    private var registry: PluginRegistry {
        get throws {
            var registry = PluginRegistry()
            try registry.register(components)
            return registry
        }
    }

    func policy(_ name: String, options: [String: PluginOption] = [:]) throws -> any OverflowPolicy {
        try registry.overflowPolicy(PluginChoice(use: name, options: options))
    }

    func validator(_ name: String) throws -> any TokenValidator {
        try registry.tokenValidator(PluginChoice(use: name))
    }

    func store(_ name: String, in folder: String = "") throws -> any SpillStore {
        try registry.spillStore(PluginChoice(use: name), in: folder)
    }

    func sink(_ name: String) throws -> any MetricsSink {
        try registry.metricsSink(PluginChoice(use: name))
    }

    /// The value of a counter; nil if there is none of that name.
    func count(_ metric: String) -> Double? {
        metrics().first { $0.name == "streamfence_plugin_\(metric)_total" }?.number
    }
}

extension OverflowPolicy {
    /// Decides about a lane that is full with one message.
    func decideOnOneMessage() -> OverflowDecision {
        Overflow.with(
            cause: .messages,
            maxMessages: 1,
            maxBytes: 10,
            queuedBytes: 1,
            count: 1,
            bytes: 1,
            newcomerBytes: 1,
            lane: OneMessage()
        ) { decide($0) }
    }
}

private struct OneMessage: LaneContents {
    let namespace = "/feed"
    let topic = "snapshot"

    func bytes(at index: Int?) -> Int { 1 }
    func rank(at index: Int?) -> Int64 { 0 }
    func key(at index: Int?) -> String? { nil }
    func withPayload(at index: Int?, _ body: (UnsafeRawBufferPointer) -> Void) {}
    func newestOfSameKey(at index: Int?) -> Int? { nil }
}
