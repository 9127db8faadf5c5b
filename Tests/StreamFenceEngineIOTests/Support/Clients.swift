import NIOCore
import Testing

@testable import StreamFenceEngineIO

/// A client of a polling session, with one connection for its GETs and one for its POSTs.
struct PollingClient {
    let sid: String
    let gets: Connection
    let posts: Connection

    var target: String { "/engine.io/?EIO=4&transport=polling&sid=\(sid)" }

    /// Sends a GET and leaves it waiting.
    func poll() throws {
        try gets.request("GET", target)
    }

    /// The answer to the waiting GET; nil while it waits.
    func polled() throws -> String? {
        try gets.answer().map(\.description)
    }

    func post(_ body: String) throws -> String {
        try posts.post(target, body).description
    }
}

extension Stage {
    static let pollingTarget = "/engine.io/?EIO=4&transport=polling"
    static let webSocketTarget = "/engine.io/?EIO=4&transport=websocket"

    /// A client that has opened a polling session and read the handshake.
    func openPolling() throws -> PollingClient {
        let connection = try connect()
        let answer = try connection.get(Self.pollingTarget)
        #expect(answer.status == 200)
        return PollingClient(sid: try sid(answer.body.dropFirst()), gets: connection, posts: try connect())
    }

    /// A client that has opened a websocket session and read the handshake.
    func openWebSocket() throws -> Connection {
        let connection = try connect()
        try connection.upgrade(Self.webSocketTarget)
        let frames = try connection.frames()
        #expect(frames.count == 1 && frames.first?.hasPrefix("0{") == true, "\(frames)")
        return connection
    }

    /// A websocket that has connected with a polling session's id.
    func openCandidate(_ client: PollingClient) throws -> Connection {
        let connection = try connect()
        try connection.upgrade("\(Self.webSocketTarget)&sid=\(client.sid)")
        return connection
    }

    /// A session that has moved from polling to a websocket.
    func openUpgraded() throws -> (client: PollingClient, webSocket: Connection) {
        let client = try openPolling()
        let webSocket = try openCandidate(client)
        try webSocket.sendPacket("2probe")
        #expect(try webSocket.frames() == ["3probe"])
        try webSocket.sendPacket("5")
        return (client, webSocket)
    }

    private func sid(_ json: Substring) throws -> String {
        let start = try #require(json.split(separator: "\"sid\":\"", maxSplits: 1).last)
        return String(start.prefix { $0 != "\"" })
    }
}
