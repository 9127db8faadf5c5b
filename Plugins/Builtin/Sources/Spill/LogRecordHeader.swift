import StreamFencePluginKit

/// The 24 bytes before a record's own, all numbers in little-endian order:
///
/// | offset | bytes | holds |
/// |---|---|---|
/// | 0 | 4 | the lower half of the segment's salt: where a reader that lost its way looks for a record |
/// | 4 | 4 | the record's length |
/// | 8 | 8 | its position |
/// | 16 | 4 | the CRC-32C of its bytes |
/// | 20 | 4 | the CRC-32C of the 20 bytes above, exclusive-or the upper half of the salt |
///
/// The header has a checksum of its own, so that damage to a record's bytes does not make its length doubtful.
struct LogRecordHeader: Equatable {
    static let size = 24

    let length: Int
    let position: UInt64
    let checksum: UInt32

    init(_ record: SpillRecord) {
        length = record.bytes.count
        position = record.position
        checksum = CRC32C.checksum(record.bytes)
    }

    /// The header at the start of `bytes`; nil if there is none.
    init?(_ bytes: UnsafeRawBufferPointer, salt: UInt64) {
        guard bytes.count >= Self.size, let start = bytes.baseAddress else { return nil }
        guard Self.marker(at: start) == UInt32(truncatingIfNeeded: salt) else { return nil }
        let fields = UnsafeRawBufferPointer(start: start, count: 20)
        guard Self.number(at: start + 20) ^ UInt32(truncatingIfNeeded: salt >> 32) == CRC32C.checksum(fields) else {
            return nil
        }
        length = Int(Self.number(at: start + 4))
        position = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        checksum = Self.number(at: start + 16)
        guard length <= SpillBatch.longestRecord else { return nil }
    }

    /// Writes the header to the 24 bytes at `start`.
    func write(to start: UnsafeMutableRawPointer, salt: UInt64) {
        Self.store(UInt32(truncatingIfNeeded: salt), at: start)
        Self.store(UInt32(truncatingIfNeeded: length), at: start + 4)
        start.storeBytes(of: position.littleEndian, toByteOffset: 8, as: UInt64.self)
        Self.store(checksum, at: start + 16)
        let fields = CRC32C.checksum(UnsafeRawBufferPointer(start: start, count: 20))
        Self.store(fields ^ UInt32(truncatingIfNeeded: salt >> 32), at: start + 20)
    }

    /// The first four bytes at `start`, to compare with a salt's lower half.
    @inline(__always)
    static func marker(at start: UnsafeRawPointer) -> UInt32 { number(at: start) }

    @inline(__always)
    private static func number(at start: UnsafeRawPointer) -> UInt32 {
        UInt32(littleEndian: start.loadUnaligned(as: UInt32.self))
    }

    private static func store(_ number: UInt32, at start: UnsafeMutableRawPointer) {
        start.storeBytes(of: number.littleEndian, as: UInt32.self)
    }
}
