import StreamFencePluginKit

/// Where a lane's files lie in a root folder: `{namespace}/{client id}/{topic}`, each as one folder's name.
///
/// A name stands as it is but for everything besides letters, digits, `_` and `-` of ASCII, which is percent-encoded
/// byte by byte: so nothing in a name leads out of the root, and two names never share a folder. Two forms no encoding
/// gives stand for the rest: `%empty` for the empty name, and `%sha256-` with the hash for a name too long for a
/// folder's; the lane's folder then holds the names in a file (``LaneFiles/names``).
///
/// The file system has to tell upper from lower case, as those of Linux do.
struct LanePath: Hashable, Sendable {
    let namespace: String
    let client: String
    let topic: String
    /// Whether the names can't be told from the path.
    let isHashed: Bool

    init(_ lane: SpillLane) {
        let names = [lane.namespace, lane.clientID, lane.topic].map(Self.encode)
        let folders = names.map { $0.utf8.count > Self.longestName ? Self.hash($0) : $0 }
        namespace = folders[0]
        client = folders[1]
        topic = folders[2]
        isHashed = names != folders
    }

    /// What a file system takes as one name, in bytes: `NAME_MAX` nearly everywhere.
    private static let longestName = 255
    private static let hashPrefix = "%sha256-"
    private static let empty = "%empty"

    /// Whether a folder of this name may be a lane's, or hold some.
    static func isOurs(_ folder: String) -> Bool {
        decode(folder) != nil || isHash(folder)
    }

    /// Whether `folder` is the hash of a name.
    static func isHash(_ folder: String) -> Bool {
        folder.hasPrefix(hashPrefix) && folder.utf8.count == hashPrefix.utf8.count + 64
    }

    private static func hash(_ encoded: String) -> String {
        hashPrefix + SHA256.hexadecimal(encoded.utf8)
    }

    /// The name as a folder's, whatever its length.
    static func encode(_ name: String) -> String {
        guard !name.isEmpty else { return empty }
        var encoded: [UInt8] = []
        encoded.reserveCapacity(name.utf8.count)
        for byte in name.utf8 {
            if isPlain(byte) {
                encoded.append(byte)
            } else {
                encoded.append(UInt8(ascii: "%"))
                encoded.append(digits[Int(byte >> 4)])
                encoded.append(digits[Int(byte & 15)])
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The name whose folder is `encoded`; nil if there is none. What decodes but would be encoded in another way is
    /// somebody else's.
    static func decode(_ encoded: String) -> String? {
        guard encoded != empty else { return "" }
        var bytes: [UInt8] = []
        var rest = encoded.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digits.firstIndex(of:)),
                let low = rest.popFirst().flatMap(digits.firstIndex(of:))
            else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        guard let name = String(validating: bytes, as: UTF8.self), encode(name) == encoded else { return nil }
        return name
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default:
            false
        }
    }

    private static let digits = Array("0123456789ABCDEF".utf8)
}
