import Foundation
import FuzzTargets
import Testing

/// One after the other: what one input has on the heap must not be counted as another's.
@Suite(.serialized)
enum Replay {}

extension Replay {
    @Suite("The corpus")
    struct CorpusTests {
        @Test("every input, findings of old among them, keeps every property", arguments: FuzzTarget.allCases)
        func replay(_ target: FuzzTarget) throws {
            let inputs = try Corpus.inputs(of: target)
            #expect(!inputs.isEmpty)
            for (name, input) in inputs {
                #expect(throws: Never.self, "\(target.rawValue)/\(name)") {
                    try input.withUnsafeBytes { try target.check($0) }
                }
            }
        }

        @Test("nothing at all is an input too", arguments: FuzzTarget.allCases)
        func nothing(_ target: FuzzTarget) throws {
            try target.check(UnsafeRawBufferPointer(start: nil, count: 0))
        }

        @Test("it stays small enough to replay with every change")
        func size() throws {
            let inputs = try FuzzTarget.allCases.flatMap { try Corpus.inputs(of: $0) }
            #expect(inputs.count < 500)
            #expect(inputs.reduce(0) { $0 + $1.bytes.count } < 300_000)
        }
    }
}

/// The files in `Fuzz/Corpus`.
private enum Corpus {
    static func inputs(of target: FuzzTarget) throws -> [(name: String, bytes: Data)] {
        let package = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = package.appending(components: "Corpus", target.rawValue)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.sorted { $0.path < $1.path }.map { ($0.lastPathComponent, try Data(contentsOf: $0)) }
    }
}
