import StreamFencePluginKit
import Testing

@testable import StreamFenceBuiltin

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@Suite("Names of spilled lanes")
struct SpillNameTests {
    static let names = [
        "", ".", "..", "/", "../../etc", "a/b", "a%2Fb", "%", "%empty", "é", "e\u{301}", "日本語", "\0", "a b\n", "A", "a",
        "-", "_", ".lock", ".names", "00000001.json", "%sha256-", String(repeating: "x", count: 255),
        String(repeating: "x", count: 256), String(repeating: "x", count: 300), String(repeating: "é", count: 300),
        String(repeating: "/", count: 5_000),
    ]

    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("every name has a lane of its own, in the root, and is found again", arguments: BuiltinStore.allCases)
    func everyName(kind: BuiltinStore) throws {
        let lanes = Self.names.flatMap { name in
            [
                SpillLane(namespace: name, clientID: "c", topic: "t"),
                SpillLane(namespace: "/n", clientID: name, topic: "t"),
                SpillLane(namespace: "/n", clientID: "c", topic: name),
            ]
        }
        let store = try kind.open(folder.path)
        for (number, lane) in lanes.enumerated() {
            try store.append([SpillRecord(position: 0, bytes: Array("\(number)".utf8))], to: lane)
        }
        let next = try kind.open(folder.path)
        for (number, lane) in lanes.enumerated() {
            #expect(try next.all(lane).map(\.bytes) == [Array("\(number)".utf8)])
        }
        // By their bytes: to Swift, é is the same however it is composed.
        let found = try next.lanes().map { [$0.namespace, $0.clientID, $0.topic].map { Array($0.utf8) } }
        #expect(Set(found) == Set(lanes.map { [$0.namespace, $0.clientID, $0.topic].map { Array($0.utf8) } }))
        #expect(found.count == lanes.count)
        for lane in try next.lanes() {
            try next.drop(lane)
        }
        #expect(TemporaryFolder.names(in: folder.path) == [".lock"])
    }

    @Test("a path tells its names", arguments: names)
    func encoding(name: String) {
        let encoded = LanePath.encode(name)
        #expect(LanePath.decode(encoded).map { Array($0.utf8) } == Array(name.utf8))
        #expect(encoded != "." && encoded != ".." && !encoded.isEmpty)
        #expect(encoded.utf8.allSatisfy { $0 == UInt8(ascii: "%") || $0.isNameByte })
    }

    @Test(
        "what no name gives is nobody's",
        arguments: ["a.b", "%2f", "%41", "%4", "%", "%GG", "%FF", "a b", ".lock", "lost+found", "é", "%empty2"]
    )
    func foreign(encoded: String) {
        #expect(LanePath.decode(encoded) == nil)
    }

    @Test("the layout is the family's", arguments: BuiltinStore.allCases)
    func layout(kind: BuiltinStore) throws {
        let store = try kind.open(folder.path)
        try store.append(records(0..<2), to: lane)
        let files = folder.files().map { $0.dropFirst(folder.path.count) }
        switch kind {
        case .jsonFiles:
            #expect(
                files == [
                    "/%2Ffeed/client-1/snapshot/00000001.json", "/%2Ffeed/client-1/snapshot/00000002.json",
                ]
            )
        case .log:
            #expect(files.count == 1)
            #expect(files.first?.hasPrefix("/%2Ffeed/client-1/snapshot/00000000000000000000-") == true)
        }
    }

    @Test("foreign files and links are passed over and left alone", arguments: BuiltinStore.allCases)
    func foreignFiles(kind: BuiltinStore) throws {
        let outside = try TemporaryFolder()
        try kind.open(outside.path).append(records(0..<3), to: lane)
        let store = try kind.open(folder.path)
        try store.append(records(0..<3), to: lane)
        let laneFolder = "\(folder.path)/%2Ffeed/client-1/snapshot"
        let foreign = ["\(folder.path)/README", "\(folder.path)/%2Ffeed/notes.txt", "\(laneFolder)/notes.txt"]
        for file in foreign {
            try TemporaryFolder.write([1], to: file)
        }
        let links = [
            ("\(outside.path)/%2Ffeed", "\(folder.path)/linked"),
            ("\(outside.path)/%2Ffeed/client-1", "\(folder.path)/%2Ffeed/linked"),
            ("\(outside.path)/%2Ffeed/client-1/snapshot", "\(folder.path)/%2Ffeed/client-1/linked"),
        ]
        for (target, link) in links {
            #expect(symlink(target, link) == 0)
        }
        let before = outside.everything()

        #expect(try store.lanes() == [lane])
        let linked = SpillLane(namespace: "/feed", clientID: "client-1", topic: "linked")
        #expect(try store.all(linked) == [])
        try store.drop(linked)
        let error = #expect(throws: SpillStoreError.self) { try store.append(records(0..<1), to: linked) }
        #expect(error?.code == .writeFailed)
        try store.drop(lane)
        #expect(try store.lanes() == [])
        #expect(outside.everything() == before)
        for file in foreign + links.map(\.1) {
            #expect(TemporaryFolder.mode(of: file) != nil)
        }
    }

    @Test("a link in the place of a record's file is not followed", arguments: BuiltinStore.allCases)
    func linkedFile(kind: BuiltinStore) throws {
        let store = try kind.open(folder.path)
        try store.append(records(0..<1), to: lane)
        let file = try #require(folder.files().first)
        let elsewhere = "\(folder.path)/elsewhere"
        #expect(rename(file, elsewhere) == 0)
        #expect(symlink(elsewhere, file) == 0)
        let before = try TemporaryFolder.read(elsewhere)
        #expect(try store.all(lane) == [])
        try store.append(records(1..<2), to: lane)
        #expect(try store.all(lane) == records(1..<2))
        #expect(try TemporaryFolder.read(elsewhere) == before)
    }

    @Test(
        "a json file's name is its position and one more",
        arguments: [
            (0, "00000001.json"), (99_999_998, "99999999.json"), (99_999_999, "100000000.json"),
            (UInt64.max - 1, "18446744073709551615.json"),
        ]
    )
    func jsonName(position: UInt64, name: String) {
        #expect(JSONRecordFile.name(of: position) == name)
        #expect(JSONRecordFile.position(ofFile: name) == position)
    }

    @Test(
        "other names are none of a record's",
        arguments: [
            "1.json", "00000000.json", "000000001.json", "+0000001.json", "00000001.json.tmp", "00000001",
            "18446744073709551616.json", "0000000a.json", ".json",
        ]
    )
    func noJSONName(name: String) {
        #expect(JSONRecordFile.position(ofFile: name) == nil)
    }

    @Test("records stand at positions beyond eight digits", arguments: BuiltinStore.allCases)
    func highPositions(kind: BuiltinStore) throws {
        let store = try kind.open(folder.path)
        let given = records(99_999_997..<100_000_002)
        try store.append(given, to: lane)
        #expect(try kind.open(folder.path).all(lane) == given)
        try store.release(lane, before: 100_000_001)
        #expect(try store.all(lane, from: 100_000_001) == records(100_000_001..<100_000_002))
        let last = SpillRecord(position: .max - 1, bytes: [1])
        try store.append([last], to: lane)
        #expect(try kind.open(folder.path).all(lane, from: .max - 1) == [last])
    }
}

extension UInt8 {
    fileprivate var isNameByte: Bool {
        let character = Character(UnicodeScalar(self))
        return character.isASCII && (character.isLetter || character.isNumber || character == "_" || character == "-")
    }
}
