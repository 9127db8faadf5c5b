import Foundation
import NIOCore
import Testing

@testable import StreamFenceEngineIO

@Suite("Opening a session")
struct HandshakeTests {
    @Test("The polling handshake has exactly the five keys of the protocol")
    func pollingHandshake() throws {
        let stage = Stage {
            $0.pingInterval = .milliseconds(300)
            $0.pingTimeout = .milliseconds(200)
            $0.maxPayload = 12_345
        }
        let answer = try stage.connect().get(Stage.pollingTarget)
        #expect(answer.status == 200)
        #expect(answer["content-type"] == "text/plain; charset=UTF-8")
        #expect(answer["cache-control"] == "no-store")
        #expect(answer.body.first == "0")
        let json = try JSONSerialization.jsonObject(with: Data(answer.body.dropFirst().utf8))
        let handshake = try #require(json as? [String: Any])
        #expect(Set(handshake.keys) == ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"])
        #expect(handshake["sid"] as? String == stage.application.session?.id)
        #expect(handshake["upgrades"] as? [String] == ["websocket"])
        #expect(handshake["pingInterval"] as? Int == 300)
        #expect(handshake["pingTimeout"] as? Int == 200)
        #expect(handshake["maxPayload"] as? Int == 12_345)
        #expect(stage.server.sessionCount == 1)
    }

    @Test("A websocket handshake offers no upgrade")
    func webSocketHandshake() throws {
        let stage = Stage()
        let connection = try stage.connect()
        try connection.upgrade(Stage.webSocketTarget)
        let frames = try connection.frames()
        #expect(frames.count == 1)
        #expect(frames.first?.contains("\"upgrades\":[]") == true)
        #expect(stage.application.session?.transport == .webSocket)
    }

    @Test("Without the websocket transport no upgrade is offered")
    func pollingOnly() throws {
        let stage = Stage { $0.transports = .polling }
        #expect(try stage.connect().get(Stage.pollingTarget).body.contains("\"upgrades\":[]"))
    }

    @Test("The application gets to know the request that opened the session")
    func handshakeRequest() throws {
        let stage = Stage()
        _ = try stage.connect().get(Stage.pollingTarget + "&token=a%20b+c%2", ["x-custom": "yes"])
        let handshake = try #require(stage.application.session?.handshake)
        #expect(handshake.query["token"] == "a b c%2")
        #expect(handshake.query["absent"] == nil)
        #expect(handshake.headers["x-custom"] == ["yes"])
        #expect(handshake.remoteAddress == "192.0.2.7")
    }

    @Test("Session ids are 20 characters that are never the same")
    func sessionIDs() {
        let ids = Set((0..<1000).map { _ in EngineIOServer.newSessionID() })
        #expect(ids.count == 1000)
        #expect(
            ids.allSatisfy {
                $0.utf8.count == 20 && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
            }
        )
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let method: String
        let target: String
        let answer: String
        var testDescription: String { "\(method) \(target)" }
    }

    static let refusals: [Refusal] = [
        Refusal(method: "GET", target: "?EIO=4", answer: #"400 {"code":0,"message":"Transport unknown"}"#),
        Refusal(method: "GET", target: "", answer: #"400 {"code":0,"message":"Transport unknown"}"#),
        Refusal(
            method: "GET",
            target: "?EIO=4&transport=abc",
            answer: #"400 {"code":0,"message":"Transport unknown"}"#
        ),
        Refusal(
            method: "GET",
            target: "?EIO=4&transport=polling&sid=nobody",
            answer: #"400 {"code":1,"message":"Session ID unknown"}"#
        ),
        Refusal(
            method: "POST",
            target: "?EIO=4&transport=polling&sid=nobody",
            answer: #"400 {"code":1,"message":"Session ID unknown"}"#
        ),
        Refusal(
            method: "POST",
            target: "?EIO=4&transport=polling",
            answer: #"400 {"code":2,"message":"Bad handshake method"}"#
        ),
        Refusal(
            method: "PUT",
            target: "?EIO=4&transport=polling",
            answer: #"400 {"code":2,"message":"Bad handshake method"}"#
        ),
        Refusal(
            method: "PUT",
            target: "?EIO=4&transport=polling&sid=x",
            answer: #"400 {"code":3,"message":"Bad request"}"#
        ),
        Refusal(
            method: "GET",
            target: "?EIO=4&transport=websocket",
            answer: #"400 {"code":3,"message":"Bad request"}"#
        ),
        Refusal(
            method: "GET",
            target: "?transport=polling",
            answer: #"400 {"code":5,"message":"Unsupported protocol version"}"#
        ),
        Refusal(
            method: "GET",
            target: "?EIO=abc&transport=polling",
            answer: #"400 {"code":5,"message":"Unsupported protocol version"}"#
        ),
        Refusal(
            method: "GET",
            target: "?EIO=3&transport=polling",
            answer: #"400 {"code":5,"message":"Unsupported protocol version"}"#
        ),
    ]

    @Test("A request that asks for the impossible is refused with its code", arguments: refusals)
    func refused(refusal: Refusal) throws {
        let stage = Stage()
        let connection = try stage.connect()
        try connection.request(refusal.method, "/engine.io/" + refusal.target)
        let answer = try #require(try connection.answer())
        #expect(answer.description == refusal.answer)
        #expect(answer["content-type"] == "application/json")
        #expect(connection.isOpen)
        #expect(stage.server.sessionCount == 0)
    }

    @Test("A transport that is switched off is unknown")
    func transports() throws {
        let webSocketOnly = Stage { $0.transports = .webSocket }
        #expect(try webSocketOnly.connect().get(Stage.pollingTarget).body.contains(#""code":0"#))
        let pollingOnly = Stage { $0.transports = .polling }
        let refused = try pollingOnly.connect().get(Stage.webSocketTarget, Connection.webSocketHeaders)
        #expect(refused.description == "400 Transport unknown")
    }

    @Test(
        "A refused websocket is answered in text before the 101, and the connection ends",
        arguments: [
            ("?EIO=4&transport=abc", "400 Transport unknown"),
            ("?EIO=4&transport=polling", "400 Bad request"),
            ("?EIO=4&transport=websocket&sid=nobody", "400 Session ID unknown"),
            ("?transport=websocket", "400 Unsupported protocol version"),
        ]
    )
    func refusedWebSocket(target: String, answer: String) throws {
        let stage = Stage()
        let connection = try stage.connect()
        let refused = try connection.get("/engine.io/" + target, Connection.webSocketHeaders)
        #expect(refused.description == answer)
        #expect(refused["content-type"] == "text/html")
        #expect(refused["connection"] == "close")
        #expect(!connection.isOpen)
    }

    @Test(
        "A websocket request that is none by RFC 6455 is refused",
        arguments: [
            ["sec-websocket-key": nil], ["sec-websocket-version": nil], ["sec-websocket-version": "12"],
            ["connection": nil],
            ["connection": "keep-alive"],
        ] as [[String: String?]]
    )
    func brokenWebSocketRequest(changes: [String: String?]) throws {
        let stage = Stage()
        var headers = Connection.webSocketHeaders
        for (name, value) in changes { headers[name] = value }
        let connection = try stage.connect()
        #expect(try connection.get(Stage.webSocketTarget, headers).description == "400 Bad request")
        #expect(stage.server.sessionCount == 0)
    }

    @Test("Another path is not found, also with a body, and the connection stays usable")
    func unknownPath() throws {
        let stage = Stage()
        let connection = try stage.connect()
        #expect(try connection.post("/elsewhere/", "a body").description == "404")
        #expect(try connection.get("/engine.iox").description == "404")
        #expect(try connection.get("/").description == "404")
        #expect(try connection.get("/engine.io?EIO=4&transport=polling").status == 200)
    }

    @Test("Servers share a connection by their paths")
    func twoServers() throws {
        let (one, two) = (Stage { $0.path = "/one/" }, Stage { $0.path = "/two/" })
        let connection = try Connection(to: [one.server, two.server], on: one.loop)
        #expect(try connection.get("/two/?EIO=4&transport=polling").status == 200)
        #expect((one.server.sessionCount, two.server.sessionCount) == (0, 1))
        #expect(try connection.get("/three/?EIO=4&transport=polling").status == 404)
    }

    @Test(
        "A query's escapes are read, and what is no escape stands as it is",
        arguments: [
            ("a=%41", "A"), ("a=%4", "%4"), ("a=%", "%"), ("a=%zz", "%zz"), ("a=%+5", "% 5"), ("a=%-1", "%-1"),
            ("a=+", " "),
            ("a", ""), ("a=1&a=2", "1"), ("b=2&a=1", "1"), ("%61=1", "1"), ("a=b=c", "b=c"), ("a=%C3%A9", "é"),
        ]
    )
    func query(query: String, value: String) {
        #expect(QueryParameters(uri: "/?" + query)["a"] == value)
    }
}

@Suite("Pages of other origins")
struct OriginTests {
    @Test("A page of a forbidden origin gets 403, on every transport")
    func forbidden() throws {
        let stage = Stage { $0.allowedOrigins = ["https://good.test"] }
        let answer = try stage.connect().get(Stage.pollingTarget, ["origin": "https://evil.test"])
        #expect(answer.description == #"403 {"code":4,"message":"Forbidden"}"#)
        #expect(answer["access-control-allow-origin"] == nil)
        let headers = Connection.webSocketHeaders.merging(["origin": "https://evil.test"]) { $1 }
        #expect(try stage.connect().get(Stage.webSocketTarget, headers).status == 403)
        #expect(stage.server.sessionCount == 0)
    }

    @Test("A page of an allowed origin gets its CORS headers, also with a refusal")
    func allowed() throws {
        let stage = Stage { $0.allowedOrigins = ["https://good.test"] }
        let answer = try stage.connect().get(Stage.pollingTarget, ["origin": "https://good.test"])
        #expect(answer.status == 200)
        #expect(answer["access-control-allow-origin"] == "https://good.test")
        #expect(answer["vary"] == "Origin")
        let refusal = try stage.connect().get("/engine.io/?EIO=4", ["origin": "https://good.test"])
        #expect(refusal["access-control-allow-origin"] == "https://good.test")
    }

    @Test("An asterisk allows every origin")
    func anyOrigin() throws {
        let stage = Stage { $0.allowedOrigins = ["*"] }
        let answer = try stage.connect().get(Stage.pollingTarget, ["origin": "null"])
        #expect(answer["access-control-allow-origin"] == "null")
    }

    @Test("The server's own pages and clients without an origin need no permission")
    func sameOrigin() throws {
        let stage = Stage()
        #expect(try stage.connect().get(Stage.pollingTarget, ["origin": "https://server.test"]).status == 200)
        let answer = try stage.connect().get(Stage.pollingTarget)
        #expect(answer.status == 200)
        #expect(answer["access-control-allow-origin"] == nil)
    }

    @Test(
        "A page that came over http is none of a server's that speaks TLS",
        arguments: [("https://server.test", 200), ("http://server.test", 403), ("https://other.test", 403)]
    )
    func sameOriginOverTLS(origin: String, status: Int) throws {
        let stage = Stage { $0.speaksTLS = true }
        #expect(try stage.connect().get(Stage.pollingTarget, ["origin": origin]).status == status)
    }

    @Test("A preflight is answered with what is allowed")
    func preflight() throws {
        let stage = Stage { $0.allowedOrigins = ["https://good.test"] }
        let connection = try stage.connect()
        try connection.request("OPTIONS", Stage.pollingTarget, ["origin": "https://good.test"])
        let answer = try #require(try connection.answer())
        #expect(answer.description == "204")
        #expect(answer["access-control-allow-methods"] == "GET, POST")
        #expect(answer["access-control-allow-headers"] == "content-type, authorization")
        #expect(answer["access-control-max-age"] == "600")
        #expect(answer["content-length"] == nil)
        #expect(connection.isOpen)
        try connection.request("OPTIONS", Stage.pollingTarget, ["origin": "https://evil.test"])
        #expect(try connection.answer()?.status == 403)
    }
}
