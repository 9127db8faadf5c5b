extension JSONScanner {
    /// Scans a string, from its opening quotation mark past its closing one.
    mutating func scanString() throws(JSONError) {
        position += 1
        while true {
            position = JSONBytes.firstNotable(in: bytes, from: position)
            guard let byte = peek() else { throw error(.unexpectedEnd, expected: "a closing quotation mark") }
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"):
                try scanEscape()
            case 0x80...:
                // Text that is not ASCII comes in runs: stay here instead of starting the eight-byte search each time.
                while let lead = peek(), lead >= 0x80 { try scanMultibyteCharacter(lead: lead) }
            default:
                throw error(.controlCharacter, expected: "a control character to be escaped")
            }
        }
    }

    private mutating func scanEscape() throws(JSONError) {
        position += 1
        switch peek() {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            for _ in 0..<4 {
                guard let digit = peek(), JSONBytes.hexValue(digit) != nil else {
                    throw error(.invalidEscape, expected: "four hexadecimal digits")
                }
                position += 1
            }
        default:
            throw error(.invalidEscape, expected: "one of \"\\/bfnrtu after a backslash")
        }
    }

    /// Well-formed sequences as in table 3-7 of the Unicode standard: the range of the second byte is what excludes
    /// overlong forms, surrogates and anything above U+10FFFF.
    private mutating func scanMultibyteCharacter(lead: UInt8) throws(JSONError) {
        let second: ClosedRange<UInt8>
        let continuations: Int
        switch lead {
        case 0xC2...0xDF: (second, continuations) = (0x80...0xBF, 1)
        case 0xE0: (second, continuations) = (0xA0...0xBF, 2)
        case 0xE1...0xEC, 0xEE...0xEF: (second, continuations) = (0x80...0xBF, 2)
        case 0xED: (second, continuations) = (0x80...0x9F, 2)
        case 0xF0: (second, continuations) = (0x90...0xBF, 3)
        case 0xF1...0xF3: (second, continuations) = (0x80...0xBF, 3)
        case 0xF4: (second, continuations) = (0x80...0x8F, 3)
        default: throw error(.invalidUTF8, expected: "the first byte of a UTF-8 character")
        }
        position += 1
        guard let byte = peek(), second.contains(byte) else {
            throw error(.invalidUTF8, expected: "the second byte of a UTF-8 character")
        }
        position += 1
        for _ in 1..<continuations {
            guard let byte = peek(), byte & 0xC0 == 0x80 else {
                throw error(.invalidUTF8, expected: "a further byte of a UTF-8 character")
            }
            position += 1
        }
    }

    /// Scans a number. Its size is not limited here: what cannot be represented is for the accessor to say.
    mutating func scanNumber() throws(JSONError) {
        if peek() == UInt8(ascii: "-") { position += 1 }
        if peek() == UInt8(ascii: "0") {
            position += 1
            if let byte = peek(), JSONBytes.isDigit(byte) {
                throw error(.invalidNumber, expected: "no digit after a leading zero")
            }
        } else {
            try scanDigits()
        }
        if peek() == UInt8(ascii: ".") {
            position += 1
            try scanDigits()
        }
        if let byte = peek(), byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            position += 1
            if let sign = peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            try scanDigits()
        }
    }

    private mutating func scanDigits() throws(JSONError) {
        guard let first = peek(), JSONBytes.isDigit(first) else { throw error(.invalidNumber, expected: "a digit") }
        repeat { position += 1 } while position < bytes.count && JSONBytes.isDigit(bytes[position])
    }
}
