import CStreamFencePlugin

extension sf_slice {
    /// The bytes; valid as long as their owner says. A length that no memory has, such as a negative number makes, is none.
    package var buffer: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : max(0, length))
    }

    /// The text, repaired where it is no UTF-8.
    package var text: String { String(decoding: buffer, as: UTF8.self) }

    package init(_ buffer: UnsafeRawBufferPointer) {
        self.init(bytes: buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), length: buffer.count)
    }

    /// Nothing.
    package static var empty: sf_slice { sf_slice(bytes: nil, length: 0) }

    /// Calls `body` with a text's bytes, valid during the call.
    package static func with<Result>(_ text: String, _ body: (sf_slice) throws -> Result) rethrows -> Result {
        var text = text
        return try text.withUTF8 { try body(sf_slice(UnsafeRawBufferPointer($0))) }
    }
}

extension sf_error {
    /// What was written; empty if nothing was.
    package var text: String {
        withUnsafeBytes(of: message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// Writes as much of a text as there is room for, and a zero.
    @usableFromInline
    package mutating func write(_ text: String) {
        withUnsafeMutableBytes(of: &message) { room in
            var end = min(room.count - 1, text.utf8.count)
            // Not in the middle of a character.
            let bytes = Array(text.utf8.prefix(end + 1))
            while end > 0, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
            room.copyBytes(from: bytes.prefix(end))
            room[end] = 0
        }
    }
}

extension UnsafeMutablePointer<sf_error>? {
    /// Writes what was thrown.
    func report(_ error: any Error) {
        self?.pointee.write("\(error)")
    }
}
