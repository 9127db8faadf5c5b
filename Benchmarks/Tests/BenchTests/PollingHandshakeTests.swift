import Testing

@testable import bench

@Suite("A client that comes over long-polling")
struct PollingHandshakeTests {
    private let path = "/socket.io/?EIO=4&transport=polling"

    @Test("It joins, subscribes, and asks for nothing once it is subscribed")
    func steps() {
        var handshake = PollingHandshake(.snapshot)
        let get = PollingHandshake.Action.send(.init(target: "\(path)&sid=abc"))
        func post(_ body: String) -> PollingHandshake.Action { .send(.init(target: "\(path)&sid=abc", body: body)) }

        #expect(handshake.first == .init(target: path))
        #expect(handshake.answered("0{\"sid\":\"abc\",\"upgrades\":[]}") == post("40/feed,"))
        #expect(handshake.answered("ok") == get)
        #expect(
            handshake.answered("40/feed,{\"sid\":\"x\"}") == post("42/feed,[\"subscribe\",{\"topic\":\"snapshot\"}]")
        )
        #expect(handshake.answered("ok") == get)
        #expect(handshake.answered("42/feed,[\"snapshot\",1]\u{1e}42/feed,[\"subscribed\",{}]") == .subscribed)
    }

    @Test("Any other answer ends it, and is told", arguments: ["", "1", "0{}", "0{\"sid\":\"abc"])
    func unexpected(text: String) {
        var handshake = PollingHandshake(.snapshot)
        #expect(
            handshake.answered(text) == .fail("expected the answer after opening to a polling client, found: \(text)")
        )
    }
}
