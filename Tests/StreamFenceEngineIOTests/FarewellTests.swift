import NIOCore
import Testing

@testable import StreamFenceEngineIO

@Suite("The end of a polling session")
struct FarewellTests {
    @Test("A GET that arrives just after its session's farewell is answered as if it had waited, once")
    func lateGet() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        #expect(try client.post("1") == "200 ok")
        #expect(stage.application.closed == [.transportClose])
        try client.poll()
        #expect(try client.polled() == "200 6")
        try client.poll()
        #expect(try client.polled()?.hasPrefix("400") == true)
    }

    @Test("A GET that arrives two seconds after the farewell is refused")
    func tooLateGet() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        #expect(try client.post("1") == "200 ok")
        stage.advance(.seconds(2))
        try client.poll()
        #expect(try client.polled()?.hasPrefix("400") == true)
    }

    @Test("What the application sent before it closed reaches a client that had no GET waiting; the end comes alone")
    func lastWords() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        stage.application.send("last", "words")
        stage.application.session?.close(.forcedClose)
        stage.tick()
        try client.poll()
        #expect(try client.polled() == "200 4last\u{1E}4words")
        try client.poll()
        #expect(try client.polled() == "200 1")
        try client.poll()
        #expect(try client.polled()?.hasPrefix("400") == true)
    }

    @Test("Last words in many answers are given as long as each is asked for within two seconds, and all within ten")
    func manyLastWords() throws {
        let stage = Stage { $0.maxPacketsPerPoll = 1 }
        func ended() throws -> PollingClient {
            let client = try stage.openPolling()
            stage.application.send("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
            stage.application.session?.close(.forcedClose)
            return client
        }
        func answer(_ client: PollingClient) throws -> String? {
            try client.poll()
            return try client.polled()
        }

        let silent = try ended()
        stage.advance(.seconds(2))
        #expect(try answer(silent)?.hasPrefix("400") == true)

        let slow = try ended()
        for number in 0..<5 {
            stage.advance(.milliseconds(1_900))
            #expect(try answer(slow) == "200 4\(number)")
        }
        stage.advance(.milliseconds(500))
        #expect(try answer(slow)?.hasPrefix("400") == true)

        let quick = try ended()
        for number in 0..<10 { #expect(try answer(quick) == "200 4\(number)") }
        #expect(try answer(quick) == "200 1")
        #expect(try answer(quick)?.hasPrefix("400") == true)
    }

    @Test("A second POST before the first is complete is refused with an empty answer and ends the session")
    func overlappingPosts() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.posts.send("POST \(client.target) HTTP/1.1\r\ncontent-length: 3\r\n\r\n4a")
        let second = try stage.connect()
        #expect(try second.post(client.target, "4b").description == "400")
        #expect(stage.application.closed == [.transportError])
        try client.posts.send("b")
        #expect(try client.posts.answer()?.status == 400)
    }

    @Test("A POST that is given up leaves room for the next one")
    func abandonedPost() throws {
        let stage = Stage()
        let client = try stage.openPolling()
        try client.posts.send("POST \(client.target) HTTP/1.1\r\ncontent-length: 3\r\n\r\n4a")
        client.posts.disconnect()
        let second = try stage.connect()
        #expect(try second.post(client.target, "4b").description == "200 ok")
        #expect(stage.application.texts == ["b"])
    }
}
