import StreamFencePluginKit

/// Reads a segment from some offset on, and finds its way past damage.
///
/// 1. A record whose header is whole and whose bytes are not is passed over: the header says where the next one begins.
/// 2. Where no header is, the rest of the segment is searched, byte by byte, for the next that is whole.
/// 3. A segment that was cut off ends where the last whole record ends.
///
/// Memory is bounded by what the file really holds: a length that reaches beyond its end is not believed.
struct LogSegmentReader: ~Copyable {
    enum Step: Equatable {
        case record(SpillRecord)
        /// The next record has more bytes than wanted; the reader stands before it.
        case tooLarge
        case end
    }

    /// Where the reader stands: behind the last record it returned.
    private(set) var offset: Int
    private let end: Int
    private let salt: UInt64
    private let file: SpillFile
    private var window: UnsafeMutableRawBufferPointer
    private var windowOffset = 0
    private var windowCount = 0

    private static let smallestWindow = 4 * 1_024
    private static let largestWindow = 256 * 1_024

    /// - Parameter maxBytes: about how many bytes of records will be read.
    init(_ file: consuming SpillFile, of segment: LogSegment, from offset: Int, maxBytes: Int) {
        self.offset = offset
        end = min(segment.size, file.size)
        salt = segment.salt
        self.file = file
        let wanted = min(max(0, maxBytes), Self.largestWindow) + Self.smallestWindow
        window = .allocate(byteCount: min(wanted, Self.largestWindow), alignment: 16)
    }

    deinit {
        window.deallocate()
    }

    /// The next record that is whole and not before `position`, if it has no more than `maxBytes` bytes.
    mutating func next(from position: UInt64, maxBytes: Int) throws(SpillStoreError) -> Step {
        while end - offset >= LogRecordHeader.size {
            let bytes = try bytes(LogRecordHeader.size)
            guard let header = LogRecordHeader(bytes, salt: salt),
                header.length <= end - offset - LogRecordHeader.size
            else {
                try findHeader()
                continue
            }
            let size = LogRecordHeader.size + header.length
            guard header.position >= position else {
                offset += size
                continue
            }
            guard header.length <= maxBytes else { return .tooLarge }

            let whole = try self.bytes(size)
            guard whole.count >= size else { break }
            let payload = UnsafeRawBufferPointer(rebasing: whole[LogRecordHeader.size..<size])
            offset += size
            if CRC32C.checksum(payload) == header.checksum {
                return .record(SpillRecord(position: header.position, bytes: [UInt8](payload)))
            }
        }
        offset = max(offset, end)
        return .end
    }

    /// Moves on to the next whole header, or to where none can be any more.
    private mutating func findHeader() throws(SpillStoreError) {
        offset += 1
        let marker = UInt32(truncatingIfNeeded: salt)
        while end - offset >= LogRecordHeader.size {
            let bytes = try bytes(LogRecordHeader.size)
            guard bytes.count >= LogRecordHeader.size, let start = bytes.baseAddress else { break }
            let candidates = bytes.count - LogRecordHeader.size + 1
            for candidate in 0..<candidates where LogRecordHeader.marker(at: start + candidate) == marker {
                if LogRecordHeader(UnsafeRawBufferPointer(rebasing: bytes[candidate...]), salt: salt) != nil {
                    offset += candidate
                    return
                }
            }
            offset += candidates
        }
        offset = end
    }

    /// The bytes from `offset` on: at least `count`, fewer only if the file lost them since it was opened.
    private mutating func bytes(_ count: Int) throws(SpillStoreError) -> UnsafeRawBufferPointer {
        if offset < windowOffset || offset + count > windowOffset + windowCount {
            if count > window.count {
                window.deallocate()
                window = .allocate(byteCount: count, alignment: 16)
            }
            windowCount = 0
            let wanted = UnsafeMutableRawBufferPointer(rebasing: window[..<min(window.count, end - offset)])
            windowCount = try file.read(into: wanted, at: offset)
            windowOffset = offset
        }
        return UnsafeRawBufferPointer(rebasing: window[(offset - windowOffset)..<windowCount])
    }
}
