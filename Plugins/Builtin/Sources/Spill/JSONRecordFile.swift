import StreamFencePluginKit

/// A record as a `json-files` store keeps it, one a file:
///
///     {"position":0,"crc32c":"e3069283","bytes":"MTIzNDU2Nzg5"}
///
/// The bytes are in Base64, because a record is no text; the checksum is theirs, in hexadecimal. It is JSON for whoever
/// looks, but read as exactly this and nothing else: what differs in a character is damaged.
enum JSONRecordFile {
    private static let beforePosition = Array(#"{"position":"#.utf8)
    private static let beforeChecksum = Array(#","crc32c":""#.utf8)
    private static let beforeBytes = Array(#"","bytes":""#.utf8)
    private static let end = Array("\"}\n".utf8)
    private static let checksumWidth = 8
    private static let nameWidth = 8
    private static let nameSuffix = ".json"

    /// No file of a record is larger, in bytes.
    static let largestFile = Base64.encodedCount(SpillBatch.longestRecord) + 1_024

    /// The name of the file: the record's position and one more, in 8 digits or as many as it has.
    static func name(of position: UInt64) -> String {
        LaneFiles.padded(position + 1, width: nameWidth) + nameSuffix
    }

    /// The position of the record in the file of this name; nil if it is none of a record.
    static func position(ofFile name: String) -> UInt64? {
        guard name.hasSuffix(nameSuffix),
            let number = LaneFiles.number(name.dropLast(nameSuffix.count), width: nameWidth)
        else { return nil }
        return number > 0 ? number - 1 : nil
    }

    static func encode(_ record: SpillRecord) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(Base64.encodedCount(record.bytes.count) + 96)
        text += beforePosition
        text += String(record.position).utf8
        text += beforeChecksum
        text += LaneFiles.padded(UInt64(CRC32C.checksum(record.bytes)), radix: 16, width: checksumWidth).utf8
        text += beforeBytes
        Base64.encode(record.bytes, to: &text)
        text += end
        return text
    }

    /// The bytes of the record in a file that should hold the one at `position`; nil if it does not.
    static func decode(_ text: [UInt8], at position: UInt64) -> [UInt8]? {
        let front = beforePosition + String(position).utf8 + beforeChecksum
        guard text.starts(with: front) else { return nil }
        let checksum = text[front.count...].prefix(checksumWidth)
        let rest = text[front.count...].dropFirst(checksumWidth)
        guard rest.starts(with: beforeBytes), rest.suffix(end.count).elementsEqual(end),
            rest.count >= beforeBytes.count + end.count,
            let expected = LaneFiles.number(String(decoding: checksum, as: UTF8.self), radix: 16, width: checksumWidth),
            let bytes = Base64.decode(rest.dropFirst(beforeBytes.count).dropLast(end.count)),
            CRC32C.checksum(bytes) == expected
        else { return nil }
        return bytes
    }
}
