/// CRC-32C (Castagnoli), the checksum of iSCSI (RFC 3720, appendix B.4) and of most storage formats.
///
/// Eight bytes a step over eight tables: the processor's own instruction can't be reached from Swift without C.
enum CRC32C {
    /// The checksum of `bytes`, or of `bytes` behind those whose checksum is `preceding`.
    static func checksum(_ bytes: UnsafeRawBufferPointer, after preceding: UInt32 = 0) -> UInt32 {
        guard let start = bytes.baseAddress else { return preceding }
        let table = tables
        var crc = ~preceding
        var offset = 0
        let whole = bytes.count & ~7
        while offset < whole {
            let word = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ UInt64(crc)
            let front =
                table[0x700 + byte(0, of: word)] ^ table[0x600 + byte(1, of: word)]
                ^ table[0x500 + byte(2, of: word)] ^ table[0x400 + byte(3, of: word)]
            let back =
                table[0x300 + byte(4, of: word)] ^ table[0x200 + byte(5, of: word)]
                ^ table[0x100 + byte(6, of: word)] ^ table[byte(7, of: word)]
            crc = front ^ back
            offset &+= 8
        }
        while offset < bytes.count {
            let byte = start.load(fromByteOffset: offset, as: UInt8.self)
            crc = table[Int(truncatingIfNeeded: (crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8)
            offset &+= 1
        }
        return ~crc
    }

    /// The checksum of `bytes`.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { checksum($0) }
    }

    @inline(__always)
    private static func byte(_ index: UInt64, of word: UInt64) -> Int {
        Int(truncatingIfNeeded: (word >> (index &* 8)) & 0xFF)
    }

    /// Table n, 256 entries from 256 n on, holds what a byte does to the checksum with n zero bytes behind it. Written
    /// once, before anybody sees it, and never freed: hence safe from any thread. A pointer, because the bounds checks
    /// of an array would cost as much as the checksum.
    nonisolated(unsafe) private static let tables: UnsafePointer<UInt32> = {
        let tables = UnsafeMutablePointer<UInt32>.allocate(capacity: 8 * 256)
        for index in 0..<256 {
            var crc = UInt32(index)
            for _ in 0..<8 {
                crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1
            }
            tables[index] = crc
        }
        for index in 256..<(8 * 256) {
            let shorter = tables[index - 256]
            tables[index] = tables[Int(shorter & 0xFF)] ^ (shorter >> 8)
        }
        return UnsafePointer(tables)
    }()
}
