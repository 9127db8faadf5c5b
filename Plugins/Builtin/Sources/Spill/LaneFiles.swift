/// The files that lie in a lane's folder, whichever of the two stores wrote them: either store clears up after the
/// other, so that a change of store in the configuration leaves nothing behind.
enum LaneFiles {
    /// What a file's name ends in while it is being written.
    static let draftSuffix = ".tmp"
    /// The lane's three names, where its path does not tell them: encoded like folders, a line each.
    static let names = ".names"

    /// Whether a store of ours gives a file this name. Anything else in a folder is left alone.
    static func isOurs(_ name: String) -> Bool {
        let final = name.hasSuffix(draftSuffix) ? String(name.dropLast(draftSuffix.count)) : name
        return final == names || LogSegment.name(final) != nil || JSONRecordFile.position(ofFile: final) != nil
    }

    /// Decimal or hexadecimal digits with zeroes in front; more digits than `width` if the number has more.
    static func padded(_ number: UInt64, radix: Int = 10, width: Int) -> String {
        let digits = String(number, radix: radix)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// The number that these digits are, if they are what ``padded(_:radix:width:)`` gives for it.
    static func number(_ text: some StringProtocol, radix: Int = 10, width: Int) -> UInt64? {
        guard let number = UInt64(text, radix: radix), padded(number, radix: radix, width: width) == text else {
            return nil
        }
        return number
    }
}
