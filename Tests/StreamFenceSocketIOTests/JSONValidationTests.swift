import NIOCore
import Testing

@testable import StreamFenceSocketIO

@Suite("A JSON document is accepted exactly if RFC 8259 allows it")
struct JSONValidationTests {
    static let good: [String] = [
        // scalars, alone and in white space
        "null", "true", "false", "0", "-0", "\"\"", " 1 ", "\t\r\n \"a\" \n",
        // arrays
        "[]", "[ ]", "[[]]", "[null]", "[1\n]", "[ 1 , 2 ]", "[null,1,\"2\",{},[]]", "[[],[]]", "[false ]",
        // numbers
        "123", "-1", "0.5", "-0.0", "1e5", "1E5", "1e+5", "1E-5", "0e1", "1.5e-7", "123456789012345678901234567890",
        "1e999", "-1e-999", "0.00000000000000000000000000001",
        // objects
        "{}", "{ }", "{\"\":0}", "{\"a\":1}", "{ \"a\" : 1 , \"b\" : [ ] }", "{\"a\":1,\"a\":2}", "{\"a\":{\"b\":{}}}",
        "{\"a\\nb\":1}", "{\"\\u0000\":1}",
        // escapes
        #""\"\\\/\b\f\n\r\t""#, #""\u0041\u00e9\u20AC\uD83D\uDE00""#, #""\u0000""#,
        // lone and reversed surrogates: the grammar allows them
        #""\ud800""#, #""\uDC00""#, #""\uDC00\uD800""#, #""\ud800\ud800\udc00""#, #""\ud800a""#, #""\ud800\n""#,
        // UTF-8 of each length, and its edges
        "\"\u{80}\u{7FF}\u{800}\u{D7FF}\u{E000}\u{FFFF}\u{10000}\u{10FFFF}\"", "\"\u{7F}\"", "\"\u{2028}\u{2029}\"",
        "\"\u{FEFF}\"", "\"aaaaaaaé\"", "\"日本語テキスト\"", "\"/\"",
        // strings about the eight bytes the scanner reads at once
        "\"1234567\"", "\"12345678\"", "\"123456789\"", #""1234567\n""#, #""12345678\"""#, "\"                \"",
    ]

    static let bad: [String] = [
        // no value, or more than one
        "", " ", "1 2", "[][]", "{}{}", "[1]x", "1,", "\"a\"\"b\"", "\u{FEFF}null", "[]\u{0}", "null,", "]", "}", ",",
        ":",
        // arrays
        "[", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1}", "[:1]", "[\"a\":1]", "[[]", "[]]", "[1;2]",
        "[*]",
        "[\u{0B}1]", "[\u{0C}]", "[\u{A0}]",
        // numbers
        "-", "+1", "01", "-01", "00", "1.", ".5", "-.5", "1.e1", "1e", "1e+", "1E-", "1.5e", "0x1", "1_000", "1a",
        "--1", "1-1",
        "NaN", "-NaN", "Infinity", "-Infinity", "1e1.5", "1.2.3", "0e", "１", "[1 000]", "[-]", "[1.]",
        // objects
        "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,\"a\":1}", "{\"a\" 1}", "{\"a\",1}",
        "{\"a\":1 \"b\":2}",
        "{a:1}", "{'a':1}", "{1:1}", "{null:1}", "{\"a\"::1}", "{\"a\":}", "{:1}", "{\"a\":1]", "{\"a\":1,,\"b\":2}",
        "{[]:1}",
        "{\"a\":1}}", "{\"a\":1/**/}", "{\"a\":1}#", "{\"a\":1}//",
        // literals
        "t", "tru", "truE", "True", "nul", "nulll", "fals", "undefined", "falsey", "[tru]", "[nul",
        // strings
        "\"", "\"a", "\"\\\"", "\"\\", "\"\\\\\\\"", "'a'", "a", "\"\n\"", "\"\t\"", "\"\u{0}\"", "\"\u{1F}\"",
        "\"12345678\u{1}\"",
        // escapes
        #""\x41""#, #""\a""#, #""\'""#, #""\0""#, #""\ ""#, #""\u""#, #""\u1""#, #""\u12""#, #""\u123""#, #""\u123g""#,
        #""\U0041""#,
        #""\u-123""#, #""\u 123""#, #""\uD83D\u""#, #""\ud800\"#, #""\u123"#, "\"\\é\"", #"\u0022a""#,
    ]

    /// Bytes that are not UTF-8, with why.
    static let notUTF8: [(why: String, bytes: [UInt8])] = [
        ("a continuation byte alone", [0x80]), ("another one", [0xBF]), ("overlong NUL", [0xC0, 0x80]),
        ("overlong slash", [0xC0, 0xAF]), ("overlong in two bytes", [0xC1, 0xBF]),
        ("overlong slash in three", [0xE0, 0x80, 0xAF]), ("largest overlong in three", [0xE0, 0x9F, 0xBF]),
        ("overlong in four", [0xF0, 0x80, 0x80, 0xAF]), ("largest overlong in four", [0xF0, 0x8F, 0xBF, 0xBF]),
        ("first surrogate", [0xED, 0xA0, 0x80]), ("last surrogate", [0xED, 0xBF, 0xBF]),
        ("above U+10FFFF", [0xF4, 0x90, 0x80, 0x80]), ("lead F5", [0xF5, 0x80, 0x80, 0x80]), ("lead FF", [0xFF]),
        ("lead FE", [0xFE]), ("two bytes, one missing", [0xC3]), ("three bytes, one missing", [0xE2, 0x82]),
        ("three bytes, two missing", [0xE2]), ("four bytes, one missing", [0xF0, 0x9F, 0x98]),
        ("Latin-1", [0xE9, 0x61]), ("continuation cut by ASCII", [0xE2, 0x82, 0x61]),
        ("five bytes", [0xF8, 0x88, 0x80, 0x80, 0x80]),
        ("UTF-16", [0xFF, 0xFE, 0x61, 0x00]), ("CESU-8", [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80]),
    ]

    @Test("accepts what the grammar allows", arguments: good)
    func accepts(document: String) throws {
        #expect(ReferenceJSON.accepts(Array(document.utf8)))
        let fragment = try JSONFragment(validating: document)
        #expect(fragment.json == document.trimmed)
    }

    @Test("refuses what the grammar does not allow", arguments: bad)
    func refuses(document: String) {
        #expect(!ReferenceJSON.accepts(Array(document.utf8)))
        #expect(throws: JSONError.self) { try JSONFragment(validating: document) }
    }

    @Test(
        "refuses strings that are not UTF-8, in values and in keys, wherever they stand in a word",
        arguments: notUTF8
    )
    func refusesOtherEncodings(why: String, bytes: [UInt8]) {
        for padding in 0..<9 {
            let text = [UInt8](repeating: 0x61, count: padding) + bytes
            for (prefix, suffix) in [("\"", "\""), ("{\"", "\":1}"), ("[\"x\",\"", "\"]")] {
                let document = ByteBuffer(bytes: Array(prefix.utf8) + text + Array(suffix.utf8))
                #expect(throws: JSONError.self, "\(why), \(padding)") { try JSONFragment(validating: document) }
            }
        }
    }

    @Test("refuses every control character in a string, and accepts every other ASCII character")
    func controlCharacters() {
        for byte in UInt8(0)..<0x80 where byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
            for padding in 0..<9 {
                let text = [UInt8](repeating: 0x61, count: padding) + [byte] + [UInt8](repeating: 0x61, count: 9)
                let document = ByteBuffer(bytes: [0x22] + text + [0x22])
                let accepted = (try? JSONFragment(validating: document)) != nil
                #expect(accepted == (byte >= 0x20), "byte \(byte)")
            }
        }
    }

    @Test("refuses every document that is cut short")
    func truncation() throws {
        let document = Array(#"{"a":[1,-2.5e+3,true,null,"é\u00e9\n"],"b":{"c":{}}}"#.utf8)
        for length in 0..<document.count {
            let cut = ByteBuffer(bytes: document[..<length])
            let error = #expect(throws: JSONError.self) { try JSONFragment(validating: cut) }
            #expect(error?.code == .unexpectedEnd)
            #expect(error?.offset == length)
        }
    }

    @Test(
        "names what was expected, what was found, and where",
        arguments: [
            ("", "expected a value, found the end at byte 0"),
            ("[1,]", "expected a value, found \"]\" at byte 3"),
            ("[1 2]", "expected \",\" or \"]\", found \"2\" at byte 3"),
            ("{\"a\":1 \"b\"}", "expected \",\" or \"}\", found a quotation mark at byte 7"),
            ("{a:1}", "expected a key or \"}\", found \"a\" at byte 1"),
            ("{\"a\":1,}", "expected a key, found \"}\" at byte 7"),
            ("{\"a\"}", "expected \":\", found \"}\" at byte 4"),
            ("nulL", "expected \"null\", found \"L\" at byte 3"),
            ("01", "expected no digit after a leading zero, found \"1\" at byte 1"),
            ("1.x", "expected a digit, found \"x\" at byte 2"),
            ("\"a\u{1}\"", "expected a control character to be escaped, found byte 0x01 at byte 2"),
            ("\"\\x\"", "expected one of \"\\/bfnrtu after a backslash, found \"x\" at byte 2"),
            ("\"\\u12\"", "expected four hexadecimal digits, found a quotation mark at byte 5"),
            ("\"a", "expected a closing quotation mark, found the end at byte 2"),
            ("[] x", "expected the end, found \"x\" at byte 3"),
            ("\u{FEFF}1", "expected a value, found byte 0xEF at byte 0"),
        ]
    )
    func messages(document: String, message: String) {
        let error = #expect(throws: JSONError.self) { try JSONFragment(validating: document) }
        #expect(error?.description == message)
    }

    @Test("limits depth, and counts arrays and objects alike")
    func depth() throws {
        #expect(try JSONFragment(validating: "1", maxDepth: 0).int == 1)
        #expect(throws: JSONError.self) { try JSONFragment(validating: "[]", maxDepth: 0) }
        #expect(throws: JSONError.self) { try JSONFragment(validating: "[]", maxDepth: -1) }
        _ = try JSONFragment(validating: "[{\"a\":[]}]", maxDepth: 3)
        let error = #expect(throws: JSONError.self) { try JSONFragment(validating: "[{\"a\":[]}]", maxDepth: 2) }
        #expect(error?.code == .tooDeep)
        #expect(error?.description == "expected at most 2 levels, found one more level at byte 6")
        _ = try JSONFragment(validating: nested(128))
        #expect(throws: JSONError.self) { try JSONFragment(validating: nested(129)) }
    }

    @Test(
        "keeps track of what is open at any depth",
        arguments: [127, 128, 129, 255, 256, 257, 384, 385, 1000, 200_000]
    )
    func deepNesting(depth: Int) throws {
        let fragment = try JSONFragment(validating: nested(depth), maxDepth: depth)
        #expect(fragment.elements?.count == 1)
        #expect(throws: JSONError.self) { try JSONFragment(validating: nested(depth) + "]", maxDepth: depth) }
        #expect(throws: JSONError.self) { try JSONFragment(validating: nested(depth), maxDepth: depth - 1) }
        let mismatched = String(repeating: "[", count: depth) + "}" + String(repeating: "]", count: depth - 1)
        #expect(throws: JSONError.self) { try JSONFragment(validating: mismatched, maxDepth: depth) }
    }

    /// Arrays and objects in turn, so that a lost bit of the nesting shows.
    private func nested(_ depth: Int) -> String {
        let opening = (0..<depth).map { $0 % 3 == 1 ? "{\"k\":" : "[" }.joined()
        let closing = (0..<depth).reversed().map { $0 % 3 == 1 ? "}" : "]" }.joined()
        return opening + "0" + closing
    }
}

extension String {
    /// Without JSON's white space at either end.
    fileprivate var trimmed: String {
        let isSpace: (UInt8) -> Bool = { " \t\r\n".utf8.contains($0) }
        guard let first = utf8.firstIndex(where: { !isSpace($0) }), let last = utf8.lastIndex(where: { !isSpace($0) })
        else {
            return ""
        }
        return String(self[first...last])
    }
}
