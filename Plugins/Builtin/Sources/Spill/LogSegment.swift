/// One file of a lane in a `log` store, as the store knows it.
///
/// Its name is `{position of the first record, 20 digits}-{salt, 16 hexadecimal digits}.log`. The salt is random and
/// part of every record's header: so bytes that a client published can't pass for a record, nor can those of another
/// segment.
struct LogSegment: Equatable, Sendable {
    /// The position of the first record.
    let first: UInt64
    let salt: UInt64
    /// How many bytes of the file are the store's, in whole records.
    var size: Int
    /// Whether more may be appended: only to what this store began itself and knows the end of.
    var isOpen: Bool
    /// Whether some of it may not have been synchronised to the disk.
    var isUnsynchronised = false

    var name: String {
        "\(LaneFiles.padded(first, width: 20))-\(LaneFiles.padded(salt, radix: 16, width: 16))\(Self.suffix)"
    }

    private static let suffix = ".log"

    /// What the name of a segment's file says; nil if it is none.
    static func name(_ name: String) -> (first: UInt64, salt: UInt64)? {
        guard name.hasSuffix(suffix) else { return nil }
        let parts = name.dropLast(suffix.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = LaneFiles.number(parts[0], width: 20),
            let salt = LaneFiles.number(parts[1], radix: 16, width: 16)
        else { return nil }
        return (first, salt)
    }
}
