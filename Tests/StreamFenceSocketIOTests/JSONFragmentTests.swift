import NIOCore
import Testing

@testable import StreamFenceSocketIO

@Suite("A fragment of JSON answers by scanning its bytes")
struct JSONFragmentTests {
    @Test(
        "tells what it is",
        arguments: [
            ("{}", .object), ("[]", .array), ("\"\"", .string), ("-1", .number), ("0", .number), ("true", .bool),
            ("false", .bool), ("null", .null),
        ] as [(String, JSONFragment.Kind)]
    )
    func kinds(document: String, kind: JSONFragment.Kind) throws {
        let fragment = try JSONFragment(validating: document)
        #expect(fragment.kind == kind)
        #expect(fragment.isNull == (kind == .null))
        #expect((fragment.string != nil) == (kind == .string))
        #expect((fragment.int != nil) == (kind == .number))
        #expect((fragment.double != nil) == (kind == .number))
        #expect((fragment.bool != nil) == (kind == .bool))
        #expect((fragment.elements != nil) == (kind == .array))
        #expect(fragment["a"] == nil)
        #expect(fragment.element(at: 0) == nil)
    }

    @Test(
        "unescapes strings",
        arguments: [
            (#""""#, ""), (#""plain""#, "plain"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u0041\u00e9\u20AC""#, "Aé€"), (#""\uD83D\uDE00""#, "😀"), (#""a\ud83d\ude00b""#, "a😀b"),
            (#""\u0000""#, "\0"),
            (#""\ud800""#, "\u{FFFD}"), (#""\udc00x""#, "\u{FFFD}x"), (#""\ud800\ud800\udc00""#, "\u{FFFD}\u{10000}"),
            (#""\ud800\u0041""#, "\u{FFFD}A"), (#""\uDBFF\uDFFF""#, "\u{10FFFF}"), (#""\ud800\n""#, "\u{FFFD}\n"),
            ("\"é日😀\"", "é日😀"), (#""\\u0041""#, "\\u0041"), (#""12345678\n12345678""#, "12345678\n12345678"),
        ]
    )
    func strings(document: String, text: String) throws {
        let fragment = try JSONFragment(validating: document)
        #expect(fragment.string.map { Array($0.utf8) } == Array(text.utf8))
        #expect(fragment.isString(text))
        #expect(!fragment.isString(text + "x"))
    }

    @Test(
        "reads integers exactly, or not at all",
        arguments: [
            ("0", 0), ("-0", 0), ("1", 1), ("-1", -1), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("9007199254740993", 9_007_199_254_740_993),
            ("1.0", 1), ("1e2", 100), ("1.5", nil), ("1e-1", nil), ("1e400", nil), ("9007199254740993.0", nil),
            ("1E3", 1000),
            ("123456789012345678901234567890", nil),
        ] as [(String, Int?)]
    )
    func integers(document: String, value: Int?) throws {
        #expect(try JSONFragment(validating: document).int == value)
    }

    @Test(
        "reads numbers as the nearest double, or not at all",
        arguments: [
            ("0.1", 0.1), ("-1.5e3", -1500), ("1e308", 1e308), ("1e309", nil), ("-1e999", nil), ("1e-400", 0),
            ("9007199254740993", 9_007_199_254_740_992),
        ] as [(String, Double?)]
    )
    func doubles(document: String, value: Double?) throws {
        #expect(try JSONFragment(validating: document).double == value)
    }

    @Test("gives an array's elements as slices, byte for byte")
    func elements() throws {
        let array = try JSONFragment(validating: #" [ 1 , "a,]" ,{"b" : [2]},[ ], null,-1.50e+2 ] "#)
        let elements = [#"1"#, #""a,]""#, #"{"b" : [2]}"#, "[ ]", "null", "-1.50e+2"]
        #expect(array.elements?.map(\.json) == elements)
        #expect((0..<7).map { array.element(at: $0)?.json } == elements + [nil])
        #expect(array.element(at: -1) == nil)
        #expect(try JSONFragment(validating: "[ ]").elements == [])
    }

    @Test("finds members by their unescaped key, and the last of several")
    func members() throws {
        let object = try JSONFragment(validating: #"{"a":1, "b\"}":"x" , "a" : [2,{"c":3}] ,"\u0063":{"a":4},"":5}"#)
        #expect(object["a"]?.json == #"[2,{"c":3}]"#)
        #expect(object["b\"}"]?.string == "x")
        #expect(object["c"]?["a"]?.int == 4)
        #expect(object[""]?.int == 5)
        #expect(object["d"] == nil)
        #expect(try JSONFragment(validating: "{ }")["a"] == nil)
    }

    @Test("takes only the readable bytes of a buffer, and shares its storage")
    func slices() throws {
        var buffer = ByteBuffer(string: "xx[1,\"a\"]")
        buffer.moveReaderIndex(forwardBy: 2)
        let fragment = try JSONFragment(validating: buffer)
        #expect(fragment.elements?.map(\.json) == ["1", "\"a\""])
        let place = buffer.withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) }
        #expect(fragment.buffer.withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) } == place)
        #expect(
            fragment.element(at: 1)?.buffer.withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) } == place + 3
        )
    }

    @Test("written strings are read back, whatever character they hold")
    func writing() throws {
        let scalars = (0...0x2FF).compactMap(Unicode.Scalar.init) + ["\u{2028}", "\u{FFFF}", "\u{10FFFF}", "😀"]
        for scalar in scalars {
            let text = "a\(Character(scalar))12345678\(Character(scalar))"
            var buffer = ByteBuffer()
            #expect(buffer.writeJSONString(text) == buffer.readableBytes)
            #expect(try JSONFragment(validating: buffer).string == text)
            #expect(JSONFragment(string: text).buffer == buffer)
        }
    }

    @Test("writes the short escapes where there are any, and nothing else escaped")
    func escapes() {
        var buffer = ByteBuffer()
        buffer.writeJSONString("\"\\/\u{8}\t\n\u{C}\r\u{0}\u{1}\u{B}\u{1F}\u{7F}é")
        #expect(String(buffer: buffer) == #""\"\\/\b\t\n\f\r\u0000\u0001\u000b\u001f"# + "\u{7F}é\"")
    }
}
