import StreamFenceSocketIO
import Testing

@testable import StreamFence

@Suite("The key of a message that is published without one")
struct CoalesceKeyTests {
    @Test(
        "is what the pointer names in the payload: a string's text, or the JSON as it was sent",
        arguments: [
            ("/symbol", #"{"symbol":"ACME","price":1}"#, "ACME"), ("/symbol", #"{"symbol":"A\u0043ME"}"#, "ACME"),
            ("/symbol", #"{"symbol":""}"#, ""), ("/id", #"{"id":1.0}"#, "1.0"), ("/id", #"{"id":null}"#, "null"),
            ("/id", #"{"id":{"a": [1]}}"#, #"{"a": [1]}"#), ("", "7", "7"), ("/legs/1", #"{"legs":["a","b"]}"#, "b"),
            ("/symbol", #"{"price":1}"#, nil), ("/symbol", "7", nil),
        ] as [(String, String, String?)]
    )
    func key(pointer: String, payload: String, key: String?) throws {
        #expect(try JSONPointer(pointer).coalesceKeyText(in: JSONFragment(validating: payload)) == key)
    }
}
