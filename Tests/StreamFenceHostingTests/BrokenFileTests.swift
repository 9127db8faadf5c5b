import Foundation
import Testing

@testable import StreamFenceHosting

/// Every file of `Fixtures/Broken` is refused with the text of its `.expected` neighbour.
@Suite("Broken files")
struct BrokenFileTests {
    static let folder = fixture("Broken")
    static let files: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { !$0.hasSuffix(".expected") }.sorted()
    }()

    @Test("A broken file is refused with every problem, its line and its path", arguments: files)
    func refused(_ name: String) throws {
        let error = #expect(throws: ConfigurationFileError.self) {
            _ = try ConfigurationFile.load("\(Self.folder)/\(name)", environment: ["EMPTY": ""])
        }
        let found = try #require(error).description.replacingOccurrences(of: "\(Self.folder)/", with: "") + "\n"
        #expect(try found == String(contentsOfFile: "\(Self.folder)/\(name).expected", encoding: .utf8))
    }

    @Test("The folder of broken files is not empty")
    func thereAreFiles() {
        #expect(Self.files.count > 40)
    }
}
