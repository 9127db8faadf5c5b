/// A string in a JSON document as it is written, between its quotes.
struct JSONString {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Whether it says this, given as UTF-8. Only a string with an escape is decoded for it.
    func says(_ text: [UInt8]) -> Bool {
        guard bytes.contains(UInt8(ascii: "\\")) else { return bytes.elementsEqual(text) }
        guard let decoded else { return false }
        return decoded == text
    }

    private var decoded: [UInt8]? {
        var units: [UInt16] = []
        var text: [UInt8] = []
        var rest = bytes[...]
        // Two escapes may make one character: they are gathered until something else comes.
        func finish() {
            text += String(decoding: units, as: UTF16.self).utf8
            units = []
        }
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                finish()
                text.append(byte)
                continue
            }
            guard let escape = rest.popFirst() else { return nil }
            if escape == UInt8(ascii: "u") {
                guard let unit = UInt16(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16) else { return nil }
                rest = rest.dropFirst(4)
                units.append(unit)
            } else {
                guard let meant = Self.escapes[escape] else { return nil }
                finish()
                text.append(meant)
            }
        }
        finish()
        return text
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
        UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12,
        UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
    ]
}
