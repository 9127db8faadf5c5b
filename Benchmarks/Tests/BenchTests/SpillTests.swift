import Foundation
import Testing

@testable import bench

@Suite("What a message takes on disk")
struct SpillCalibrationTests {
    private static let rest = SpillCalibration.rest

    /// Looks at the folder until it is at rest: what is to be done then.
    private func settle(_ calibration: inout SpillCalibration, _ bytes: Int, _ now: inout UInt64)
        -> SpillCalibration.Action
    {
        #expect(calibration.looked(at: bytes, now) == .wait)
        now += Self.rest - 1
        #expect(calibration.looked(at: bytes, now) == .wait)
        now += 1
        return calibration.looked(at: bytes, now)
    }

    @Test("It is known when two batches in a row took the same, and not while memory takes some")
    func twoAlike() {
        var calibration = SpillCalibration(count: 1000, size: 10)
        var now: UInt64 = 1
        #expect(calibration.looked(at: 0, now) == .publish(100))
        #expect(settle(&calibration, 0, &now) == .publish(100))
        #expect(settle(&calibration, 0, &now) == .publish(100))
        #expect(settle(&calibration, 700, &now) == .publish(100))
        #expect(settle(&calibration, 2_200, &now) == .publish(100))
        #expect(settle(&calibration, 3_700, &now) == .done(bytesPerMessage: 15))
    }

    @Test("A folder that still grows is not at rest")
    func growing() {
        var calibration = SpillCalibration(count: 1000, size: 10)
        #expect(calibration.looked(at: 0, 0) == .publish(100))
        #expect(calibration.looked(at: 500, 1) == .wait)
        #expect(calibration.looked(at: 600, Self.rest) == .wait)
        #expect(calibration.looked(at: 600, Self.rest + 2) == .wait)
        #expect(calibration.looked(at: 600, 2 * Self.rest) == .publish(100))
    }

    @Test("If nothing is spilled, it ends before all messages are used up")
    func nothing() {
        var calibration = SpillCalibration(count: 1000, size: 10)
        var now: UInt64 = 1
        var published = 0
        var action = calibration.looked(at: 0, now)
        while case .publish(let count) = action {
            published += count
            action = settle(&calibration, 0, &now)
        }
        #expect(published == 900)
        guard case .failed(let reason) = action else {
            Issue.record("expected it to fail, found \(action)")
            return
        }
        #expect(reason.contains("grow by 1000 bytes"))
    }
}

@Suite("Folders")
struct FolderTests {
    @Test("Files are counted in all depths, those that lock a folder are not, and the folder is gone afterwards")
    func contents() throws {
        let manager = FileManager.default
        let path = try TemporaryFolder.with(in: FolderContents.temporary) { folder in
            #expect(FolderContents(of: folder) == FolderContents())
            try manager.createDirectory(atPath: "\(folder)/a/b", withIntermediateDirectories: true)
            try Data(count: 10).write(to: URL(fileURLWithPath: "\(folder)/a/one"))
            try Data(count: 5).write(to: URL(fileURLWithPath: "\(folder)/a/b/two"))
            try Data(count: 3).write(to: URL(fileURLWithPath: "\(folder)/.lock"))
            let found = FolderContents(of: folder)
            #expect(found.files == 2)
            #expect(found.bytes == 15)
            return folder
        }
        #expect(!manager.fileExists(atPath: path))
        #expect(FolderContents(of: path) == FolderContents())
    }
}
