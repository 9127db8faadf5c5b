import StreamFenceSocketIO
import Testing

@testable import StreamFence

@Suite("Message ids")
struct MessageIDTests {
    private let source = MessageID.Source()

    @Test("An id is told by its text, and its number found in it again")
    func number() throws {
        let first = source.next()
        let second = source.next()
        #expect(first != second)
        #expect(source.number(in: JSONFragment(string: first.description)) == first.number)
        #expect(source.number(in: JSONFragment(string: second.description)) == first.number + 1)
        #expect(source.number(in: JSONFragment(string: source.id(of: .max).description)) == .max)
    }

    @Test("No other server hands out the same")
    func origin() {
        #expect(source.number(in: JSONFragment(string: MessageID.Source().next().description)) == nil)
    }

    @Test(
        "What is not written as an id is none",
        arguments: [
            "", "-", "-01", "-0", "-+1", "-1 ", "- 1", "-1x", "-18446744073709551616", "-99999999999999999999999", "1",
        ]
    )
    func notAnID(rest: String) throws {
        let origin = source.next().description.prefix(10)
        #expect(source.number(in: JSONFragment(string: origin + rest)) == nil)
        #expect(source.number(in: JSONFragment(string: rest)) == nil)
    }

    @Test("A value that is no text is none", arguments: ["17", "null", "[]", "{}", "true"])
    func notText(json: String) throws {
        #expect(source.number(in: try JSONFragment(validating: json)) == nil)
    }
}
