import StreamFenceTestSupport
import Testing

@testable import StreamFenceSocketIO

@Suite("A JSON pointer names one value within another")
struct JSONPointerTests {
    private func value(_ pointer: String, in document: String) throws -> String? {
        try JSONPointer(pointer).value(in: JSONFragment(validating: document))?.json
    }

    /// RFC 6901, section 5.
    static let document = #"""
        {"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}
        """#

    @Test(
        "finds what the RFC's examples find",
        arguments: [
            ("", document), ("/foo", #"["bar","baz"]"#), ("/foo/0", #""bar""#), ("/", "0"), ("/a~1b", "1"),
            ("/c%d", "2"), ("/e^f", "3"), ("/g|h", "4"), (#"/i\j"#, "5"), (#"/k"l"#, "6"), ("/ ", "7"), ("/m~0n", "8"),
        ]
    )
    func examples(pointer: String, json: String) throws {
        #expect(try value(pointer, in: Self.document) == json)
    }

    @Test(
        "takes an array's element by its index alone: no leading zero, no sign, no end of the array",
        arguments: [
            ("/0", "10"), ("/1", "11"), ("/10", "20"), ("/11", nil), ("/00", nil), ("/01", nil), ("/-", nil),
            ("/-1", nil), ("/+1", nil), ("/1.0", nil), ("/ 1", nil), ("/a", nil), ("/", nil), ("/0/0", nil),
            ("/9223372036854775808", nil), ("/99999999999999999999999999", nil), ("/\u{661}", nil),
        ] as [(String, String?)]
    )
    func arrays(pointer: String, json: String?) throws {
        #expect(try value(pointer, in: "[10,11,12,13,14,15,16,17,18,19,20]") == json)
    }

    @Test("takes digits as a name where the value is an object")
    func digitsAsNames() throws {
        #expect(try value("/0/01/-", in: #"{"0":{"01":{"-":"x"}}}"#) == #""x""#)
    }

    @Test("turns ~01 into ~1, not into /")
    func escapesOnce() throws {
        #expect(try value("/~01", in: #"{"~1":1,"/":2}"#) == "1")
        #expect(try value("/~10~01~1", in: #"{"/0~1/":3}"#) == "3")
    }

    @Test("takes the last of several members of one name, at every step")
    func duplicates() throws {
        #expect(try value("/a/b", in: #"{"a":{"b":1,"b":2},"a":{"b":3,"\u0062":4}}"#) == "4")
        #expect(try value("/a/b", in: #"{"a":{"b":1},"a":5}"#) == nil)
    }

    @Test("finds nothing below a scalar or where a member is missing", arguments: ["1", "\"a\"", "null", "{}", "[]"])
    func nothing(document: String) throws {
        #expect(try value("/a", in: document) == nil)
        #expect(try value("", in: document) == document)
    }

    @Test("compares names by their bytes: a slash is one even where a combining mark follows")
    func combiningMarks() throws {
        #expect(try value("/\u{301}a", in: "{\"\u{301}a\":1}") == "1")
        #expect(try value("/e\u{301}", in: "{\"\u{E9}\":1}") == nil)
    }

    @Test(
        "refuses a text that is none, and says what is wrong",
        arguments: [
            ("symbol", "expected a JSON pointer that starts with /, such as /symbol, found \"symbol\""),
            ("~1a", "expected a JSON pointer that starts with /, such as /symbol, found \"~1a\""),
            ("#/a", "expected a JSON pointer that starts with /, such as /symbol, found \"#/a\""),
            ("/a~", "expected a JSON pointer with ~0 for ~ and ~1 for /, found \"/a~\""),
            ("/a~2", "expected a JSON pointer with ~0 for ~ and ~1 for /, found \"/a~2\""),
            ("/~/0", "expected a JSON pointer with ~0 for ~ and ~1 for /, found \"/~/0\""),
        ]
    )
    func refused(text: String, message: String) {
        let error = #expect(throws: JSONPointerError.self) { try JSONPointer(text) }
        #expect(error?.description == message)
    }

    @Test("Whatever the text and the document are, there is an answer")
    func random() throws {
        var generator = SeededGenerator(seed: 6901)
        let pieces = ["/", "~0", "~1", "~", "a", "0", "01", "-", "é", "\u{301}", "\u{0}", "99999999999999999999"]
        let documents = try [Self.document, #"[[{"a":[0,{"~":1}]}],{"0":{"é":[]}},"a",1,null]"#, "{}"]
            .map { try JSONFragment(validating: $0) }
        var found = 0
        for _ in 0..<5_000 {
            let text = (0..<Int.random(in: 0...6, using: &generator))
                .map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }.joined()
            guard let pointer = try? JSONPointer(text) else { continue }
            found += documents.count { pointer.value(in: $0) != nil }
        }
        #expect(found > 0)
    }
}
