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

/// Whatever becomes of the files: what is returned is what was given, and what can be found is returned.
@Suite("Damaged spill files")
struct SpillDamageTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// The one segment of a lane with these records, written by a store that is gone.
    private func segment(of records: [SpillRecord]) throws -> (path: String, bytes: [UInt8]) {
        try LogSpillStore(root: folder.path).append(records, to: lane)
        let path = try #require(folder.files().first)
        return (path, try TemporaryFolder.read(path))
    }

    /// Where the records begin in a segment, and where the last ends.
    private func offsets(of records: [SpillRecord]) -> [Int] {
        records.reduce(into: [0]) { $0.append(($0.last ?? 0) + LogRecordHeader.size + $1.bytes.count) }
    }

    @Test("a segment cut off anywhere gives the records before the cut")
    func truncated() throws {
        let given = records(0..<4)
        let (path, bytes) = try segment(of: given)
        let ends = offsets(of: given).dropFirst()
        for length in 0..<bytes.count {
            try TemporaryFolder.write(Array(bytes[..<length]), to: path)
            let whole = ends.prefix { $0 <= length }.count
            #expect(try LogSpillStore(root: folder.path).all(lane) == Array(given[..<whole]), "cut at \(length)")
        }
    }

    @Test("a bit flipped anywhere in a segment costs the record it is in, and no other")
    func flippedBit() throws {
        let given = records(0..<4)
        let (path, bytes) = try segment(of: given)
        let ends = offsets(of: given).dropFirst()
        for bit in 0..<(bytes.count * 8) {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            try TemporaryFolder.write(damaged, to: path)
            let hit = ends.prefix { $0 <= bit / 8 }.count
            let expected = given.filter { $0.position != UInt64(hit) }
            #expect(try LogSpillStore(root: folder.path).all(lane) == expected, "bit \(bit)")
        }
    }

    @Test("any byte replaced by any other never gives wrong bytes", arguments: [0x00, 0x7F, 0xFF] as [UInt8])
    func replacedBytes(replacement: UInt8) throws {
        let given = records(0..<3)
        let (path, bytes) = try segment(of: given)
        let ends = offsets(of: given).dropFirst()
        for start in bytes.indices {
            let length = min(40, bytes.count - start)
            var damaged = bytes
            damaged.replaceSubrange(start..<(start + length), with: repeatElement(replacement, count: length))
            try TemporaryFolder.write(damaged, to: path)
            let got = try LogSpillStore(root: folder.path).all(lane)
            #expect(got.allSatisfy { given.contains($0) })
            // What ends before the damage, and what begins behind it, is there.
            let before = given[..<ends.prefix { $0 <= start }.count]
            let after = given.dropFirst(offsets(of: given).prefix { $0 < start + length }.count)
            #expect(Set(got.map(\.position)).isSuperset(of: (before + after).map(\.position)), "from \(start)")
        }
    }

    @Test("a length that damage made large is not believed")
    func garbageLength() throws {
        let given = records(0..<3)
        let (path, bytes) = try segment(of: given)
        let salt = try #require(LogSegment.name(String(path.split(separator: "/").last ?? ""))?.salt)
        for length: UInt32 in [11, 200, 1 << 30, (1 << 30) + 1, .max] {
            var damaged = bytes
            damaged.withUnsafeMutableBytes { bytes in
                // With a right checksum even.
                bytes.storeBytes(of: length.littleEndian, toByteOffset: 4, as: UInt32.self)
                let checksum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<20]))
                let stored = (checksum ^ UInt32(truncatingIfNeeded: salt >> 32)).littleEndian
                bytes.storeBytes(of: stored, toByteOffset: 20, as: UInt32.self)
            }
            try TemporaryFolder.write(damaged, to: path)
            let got = try LogSpillStore(root: folder.path).all(lane)
            #expect(got.allSatisfy { given.contains($0) && $0.position > 0 })
            if length > 100 { #expect(got == Array(given[1...])) }
        }
    }

    @Test("garbage larger than what is read at once is passed over")
    func largeDamage() throws {
        let payload = Array(repeating: UInt8(0x5A), count: 200_000)
        let given = (0..<8).map { SpillRecord(position: UInt64($0), bytes: payload) }
        let (path, bytes) = try segment(of: given)
        var damaged = bytes
        // From inside of record 1 into record 5.
        damaged.replaceSubrange(300_000..<1_100_000, with: repeatElement(0, count: 800_000))
        try TemporaryFolder.write(damaged, to: path)
        #expect(try LogSpillStore(root: folder.path).all(lane) == [given[0], given[6], given[7]])
        let some = try LogSpillStore(root: folder.path).read(lane, from: 1, maxRecords: 1, maxBytes: 10)
        #expect(some == [given[6]])
    }

    @Test("a published record that looks like one of a segment is not taken for one")
    func forged() throws {
        // Another lane's segment, published as a payload; then the record around it loses its header.
        let (path, inner) = try segment(of: records(7..<9))
        TemporaryFolder.remove(path)
        let given = [SpillRecord(position: 0, bytes: inner), SpillRecord(position: 1, bytes: [1])]
        let (outerPath, outer) = try segment(of: given)
        var damaged = outer
        damaged[0] ^= 1
        try TemporaryFolder.write(damaged, to: outerPath)
        #expect(try LogSpillStore(root: folder.path).all(lane) == [given[1]])
    }

    @Test("a segment that is missing, or no file any more, costs only its own records", arguments: 0..<4)
    func missingSegment(missing: Int) throws {
        for makeFolder in [false, true] {
            let store = try LogSpillStore(root: folder.path, options: .init(segmentBytes: 1))
            for number in 0..<4 as Range<UInt64> {
                try store.append(records((number * 2)..<(number * 2 + 2)), to: lane)
            }
            let path = folder.files()[missing]
            TemporaryFolder.remove(path)
            if makeFolder { mkdir(path, 0o700) }
            let expected = records(0..<8).filter { $0.position / 2 != UInt64(missing) }
            #expect(try store.all(lane) == expected)
            #expect(try LogSpillStore(root: folder.path).all(lane) == expected)
            try store.append(records(8..<9), to: lane)
            #expect(try store.all(lane) == expected + records(8..<9))
            TemporaryFolder.remove(path)
            try store.drop(lane)
            #expect(TemporaryFolder.names(in: folder.path) == [".lock"])
        }
    }

    @Test("a read that goes on where the last ended does not look at what lies before")
    func goesOn() throws {
        let store = try LogSpillStore(root: folder.path)
        try store.append(records(0..<5), to: lane)
        #expect(try store.read(lane, from: 0, maxRecords: 2, maxBytes: .max) == records(0..<2))
        // In the place of record 0: whoever began at the front would find it.
        let path = try #require(folder.files().first)
        let salt = try #require(LogSegment.name(String(path.split(separator: "/").last ?? ""))?.salt)
        let planted = SpillRecord(position: 9, bytes: Array("record 9".utf8))
        var bytes = try TemporaryFolder.read(path)
        bytes.withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { LogRecordHeader(planted).write(to: start, salt: salt) }
            bytes[LogRecordHeader.size + 7] = UInt8(ascii: "9")
        }
        try TemporaryFolder.write(bytes, to: path)
        #expect(try store.read(lane, from: 2, maxRecords: 2, maxBytes: .max) == records(2..<4))
        #expect(try store.all(lane, from: 4) == records(4..<5))
        #expect(try store.all(lane, from: 1) == [planted])
    }

    @Test("a segment shortened or lengthened by somebody takes no more records, and loses none of the next")
    func changedSegment() throws {
        for change in [-5, 5] {
            let store = try LogSpillStore(root: folder.path)
            try store.append(records(0..<3), to: lane)
            let path = try #require(folder.files().first)
            var bytes = try TemporaryFolder.read(path)
            if change < 0 { bytes.removeLast(-change) } else { bytes += Array(repeating: 1, count: change) }
            try TemporaryFolder.write(bytes, to: path)
            try store.append(records(3..<6), to: lane)
            let expected = change < 0 ? records(0..<2) + records(3..<6) : records(0..<6)
            #expect(try store.all(lane) == expected)
            try store.drop(lane)
        }
    }

    @Test("records appended behind a torn end are found by the next process")
    func appendedBehindTornEnd() throws {
        let (path, bytes) = try segment(of: records(0..<3))
        try TemporaryFolder.write(Array(bytes.dropLast(3)), to: path)
        let store = try LogSpillStore(root: folder.path)
        try store.append(records(2..<4), to: lane)
        #expect(try store.all(lane) == records(0..<4))
        #expect(try LogSpillStore(root: folder.path).all(lane) == records(0..<4))
    }

    @Test("a bit flipped anywhere in a json file costs its record, and no other")
    func flippedBitInJSON() throws {
        let given = records(0..<3)
        let store = try JSONFilesSpillStore(root: folder.path)
        try store.append(given, to: lane)
        let path = folder.files()[1]
        let bytes = try TemporaryFolder.read(path)
        for bit in 0..<(bytes.count * 8) {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            try TemporaryFolder.write(damaged, to: path)
            #expect(try store.all(lane) == [given[0], given[2]], "bit \(bit)")
        }
        for length in 0..<bytes.count {
            try TemporaryFolder.write(Array(bytes[..<length]), to: path)
            #expect(try store.all(lane) == [given[0], given[2]], "cut at \(length)")
        }
        try TemporaryFolder.write(bytes, to: path)
        #expect(try store.all(lane) == given)
    }

    @Test("missing json files cost only their records", arguments: [[0], [9], [4], [0, 1, 4, 5, 8], [1, 3, 5, 7, 9]])
    func missingJSON(missing: [Int]) throws {
        let store = try JSONFilesSpillStore(root: folder.path)
        try store.append(records(0..<10), to: lane)
        let files = folder.files()
        for index in missing {
            TemporaryFolder.remove(files[index])
        }
        let expected = records(0..<10).filter { !missing.contains(Int($0.position)) }
        #expect(try store.all(lane) == expected)
        #expect(try JSONFilesSpillStore(root: folder.path).all(lane) == expected)
        try store.release(lane, before: 10)
        #expect(TemporaryFolder.names(in: folder.path) == [".lock"])
    }

    @Test("a draft that a killed process left is no record, and goes with the lane")
    func leftoverDraft() throws {
        let store = try JSONFilesSpillStore(root: folder.path)
        try store.append(records(0..<2), to: lane)
        let laneFolder = "\(folder.path)/%2Ffeed/client-1/snapshot"
        try TemporaryFolder.write(Array("{".utf8), to: "\(laneFolder)/00000003.json.tmp")
        #expect(try store.all(lane) == records(0..<2))
        try store.append(records(2..<3), to: lane)
        #expect(try store.all(lane) == records(0..<3))
        try TemporaryFolder.write(Array("{".utf8), to: "\(laneFolder)/00000004.json.tmp")
        try store.drop(lane)
        #expect(TemporaryFolder.names(in: folder.path) == [".lock"])
    }
}
