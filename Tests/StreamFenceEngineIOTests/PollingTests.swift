import NIOCore
import Testing

@testable import StreamFenceEngineIO

@Suite("Long-polling")
struct PollingTests {
    @Test("A GET waits until there is something to send")
    func heldGet() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.poll()
        #expect(try client.polled() == nil)
        stage.application.send("hello")
        #expect(try client.polled() == nil, "not before the tick ends")
        stage.tick()
        #expect(try client.polled() == "200 4hello")
    }

    @Test("What was sent without a waiting GET is there when one comes, in order and in one body")
    func waitingMessages() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        stage.application.send("one", "two")
        stage.application.session?.send(EncodedMessage(.message(.binary(ByteBuffer(bytes: [1, 2, 3])))))
        stage.tick()
        try client.poll()
        #expect(try client.polled() == "200 4one\u{1E}4two\u{1E}bAQID")
    }

    @Test("An answer to a GET is plain text in UTF-8, one to a POST is ok")
    func answers() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        stage.application.send("é")
        try client.poll()
        let answer = try #require(try client.gets.answer())
        #expect(answer["content-type"] == "text/plain; charset=UTF-8")
        #expect(answer["content-length"] == "3")
        let posted = try client.posts.post(client.target, "4a")
        #expect(posted.description == "200 ok")
        #expect(posted["content-type"] == "text/html")
    }

    @Test("Text and binary messages are echoed")
    func echo() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        stage.application.echoes()
        try client.poll()
        #expect(try client.post("4hello") == "200 ok")
        #expect(try client.polled() == "200 4hello")
        #expect(try client.post("bAQIDBA==") == "200 ok")
        try client.poll()
        #expect(try client.polled() == "200 bAQIDBA==")
    }

    @Test("Several messages in one body arrive singly and in order")
    func severalMessages() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        #expect(try client.post("4one\u{1E}b/w==\u{1E}4\u{1E}4two") == "200 ok")
        #expect(stage.application.texts == ["one", "<255>", "", "two"])
    }

    @Test("A body larger than maxPayload is spread over several answers, a larger message goes alone")
    func bodyLimit() throws {
        let stage = Stage { $0.maxPayload = 10 }
        let client = try stage.openPolling()
        stage.application.send("1234", "5678", "9", "a message of its own", "b")
        var bodies: [String] = []
        for _ in 0..<4 {
            try client.poll()
            bodies.append(try client.polled() ?? "nothing")
        }
        #expect(bodies == ["200 41234", "200 45678\u{1E}49", "200 4a message of its own", "200 4b"])
    }

    @Test("An answer carries at most maxPacketsPerPoll, attachments counted; a message with more of them goes alone")
    func packetLimit() throws {
        let stage = Stage { $0.maxPacketsPerPoll = 3 }
        let client = try stage.openPolling()
        func attached(_ text: String, _ count: Int) -> EncodedMessage {
            EncodedMessage(
                text: ByteBuffer(string: text),
                attachments: Array(repeating: ByteBuffer(bytes: [1, 2, 3]), count: count)
            )
        }
        for message in [attached("a", 1), attached("b", 0), attached("c", 1), attached("d", 2), attached("e", 4)] {
            stage.application.session?.send(message)
        }
        stage.application.send("f")
        var bodies: [String] = []
        for _ in 0..<5 {
            try client.poll()
            bodies.append(try client.polled()?.replacing("\u{1E}", with: " ") ?? "nothing")
        }
        let expected = ["4a bAQID 4b", "4c bAQID", "4d bAQID bAQID", "4e bAQID bAQID bAQID bAQID", "4f"]
        #expect(bodies == expected.map { "200 \($0)" })
    }

    @Test("A session that the server ends says what is left in answers of maxPacketsPerPoll, and then the end")
    func packetLimitAtTheEnd() throws {
        let stage = Stage { $0.maxPacketsPerPoll = 2 }
        let client = try stage.openPolling()
        stage.application.send("one", "two", "three")
        stage.application.session?.close(.forcedClose)
        var bodies: [String] = []
        for _ in 0..<3 {
            try client.poll()
            bodies.append(try client.polled() ?? "nothing")
        }
        #expect(bodies == ["200 4one\u{1E}4two", "200 4three", "200 1"])
    }

    @Test("An invalid packet is refused and ends the session", arguments: ["abc", "", "4a\u{1E}", "b*", "2", "0{}"])
    func invalidPacket(body: String) throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.poll()
        let answer = try client.post(body)
        // Ping and open are packets, though none a client may send: the POST itself is fine.
        #expect(answer.hasPrefix(body == "2" || body == "0{}" ? "200 ok" : "400"))
        #expect(try client.polled() == "200 1")
        #expect(stage.application.closed == [.parseError])
        try client.poll()
        #expect(try client.polled() == #"400 {"code":1,"message":"Session ID unknown"}"#)
    }

    @Test("A body that is not UTF-8 is refused and ends the session")
    func notUTF8() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        var request = ByteBuffer(string: "POST \(client.target) HTTP/1.1\r\ncontent-length: 3\r\n\r\n")
        request.writeBytes([0x34, 0xC3, 0x28])
        try client.posts.send(request)
        #expect(try client.posts.answer()?.status == 400)
        #expect(stage.application.closed == [.parseError])
    }

    @Test("What stands behind an invalid packet is not handed on")
    func nothingBehindTheEnd() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        _ = try client.post("4a\u{1E}1\u{1E}4b")
        #expect(stage.application.texts == ["a"])
        #expect(stage.application.closed == [.transportClose])
    }

    @Test("A second GET at once is refused and ends the session")
    func overlappingGet() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.poll()
        #expect(try client.posts.get(client.target).description == "400")
        #expect(try client.polled() == "200 1")
        #expect(stage.application.closed == [.transportError])
        #expect(stage.server.sessionCount == 0)
    }

    @Test("A close packet answers the waiting GET with a noop, and the session is gone")
    func closePacket() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.poll()
        #expect(try client.post("1") == "200 ok")
        #expect(try client.polled() == "200 6")
        #expect(stage.application.closed == [.transportClose])
        try client.poll()
        #expect(try client.polled()?.hasPrefix("400") == true)
    }

    @Test("A POST may be as large as maxPayload and no larger")
    func oversizePost() throws {
        let stage = Stage { $0.maxPayload = 100 }
        let client = try stage.openPolling()
        #expect(try client.post("4" + String(repeating: "x", count: 99)) == "200 ok")
        #expect(try client.post("4" + String(repeating: "x", count: 100)) == "413")
        #expect(stage.application.received.count == 1)
        #expect(client.posts.isOpen)
    }

    @Test("A chunked POST is measured as it arrives")
    func chunkedPost() throws {
        let stage = Stage { $0.maxPayload = 10 }
        let client = try stage.openPolling()
        let head = "POST \(client.target) HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"
        try client.posts.send(head + "2\r\n4a\r\n")
        try client.posts.send("1\r\nb\r\n0\r\n\r\n")
        #expect(try client.posts.answer()?.description == "200 ok")
        try client.posts.send(head + "6\r\n4aaaaa\r\n6\r\naaaaaa\r\n0\r\n\r\n")
        #expect(try client.posts.answer()?.description == "413")
        #expect(stage.application.texts == ["ab"])
    }

    @Test("A client that gives up its GET has gone")
    func abortedGet() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.poll()
        client.gets.disconnect()
        #expect(stage.application.closed == [.transportClose])
        #expect(stage.server.sessionCount == 0)
        #expect(try client.post("4a").hasPrefix("400"))
    }

    @Test("A connection that ends between two GETs ends nothing")
    func lostConnection() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        client.gets.disconnect()
        client.posts.disconnect()
        let again = PollingClient(sid: client.sid, gets: try stage.connect(), posts: try stage.connect())
        stage.application.send("still here")
        try again.poll()
        #expect(try again.polled() == "200 4still here")
    }

    @Test("A connection that ends inside a POST ends nothing")
    func halfAPost() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.posts.send("POST \(client.target) HTTP/1.1\r\ncontent-length: 10\r\n\r\n4hal")
        client.posts.disconnect()
        #expect(stage.application.received.isEmpty)
        #expect(stage.server.sessionCount == 1)
    }

    @Test("Packets of an upgrade mean nothing over polling")
    func upgradePackets() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        #expect(try client.post("5\u{1E}6\u{1E}3") == "200 ok")
        #expect(stage.server.sessionCount == 1)
    }

    @Test("The application's end answers the waiting GET with a close packet")
    func forcedClose() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.poll()
        stage.application.session?.close(.forcedClose)
        #expect(try client.polled() == "200 1")
        #expect(stage.application.closed == [.forcedClose])
    }

    @Test("What was sent just before the end still answers the waiting GET")
    func lastWords() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.poll()
        stage.application.send("goodbye")
        stage.application.session?.close(.forcedClose)
        #expect(try client.polled() == "200 4goodbye")
    }
}
