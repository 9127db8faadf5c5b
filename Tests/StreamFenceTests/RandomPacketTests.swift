import NIOCore
import StreamFence
import StreamFenceTestClient
import StreamFenceTestSupport
import Testing

@Suite("Random packets", .timeLimit(.minutes(2)))
struct RandomPacketTests {
    private static let pieces = [
        "0/feed,", "0/other,{}", "1/feed,", "1/other,", #"2/feed,1["subscribe",{"topic":"snapshot"}]"#,
        #"2/feed,["subscribe",{"topic":"trades"}]"#, #"2/feed,2["unsubscribe",{"topic":"snapshot"}]"#,
        #"2/feed,3["publish",{"topic":"snapshot","payload":[1,{"a":null}]}]"#,
        #"2/feed,["publish",{"topic":"trades","payload":"\ud800","key":"k"}]"#,
        #"51-/feed,["publish",{"topic":"snapshot","payload":{"_placeholder":true,"num":0}}]"#,
        #"2/feed,4["ack",{"topic":"snapshot","messageId":"1"}]"#, "3/feed,0[1]", #"2/feed,["x"]"#, "2/feed,[1e999,0]",
    ]

    @Test("No packets, in whatever order and however broken, stop the server or leave subscribers behind")
    func anything() async throws {
        let seed = printedSeed()
        var generator = SeededGenerator(seed: seed)
        var other = feed()
        other.path = "/other"
        let server = try server(feed(), other)
        try server.onMessage("/feed", "trades") { _, _ in await Task.yield() }
        try await server.start()
        for _ in 0..<300 {
            let client = try await TestClient.connect(to: server.port, on: loops)
            // The first ones as they should be, so that the others meet a client that has something to lose.
            var packets = ["0/feed,", Self.pieces[4]]
            for _ in 0..<Int.random(in: 1...8, using: &generator) { packets.append(packet(&generator)) }
            if Bool.random(using: &generator) {
                client.sendTogether(packets)
            } else {
                for packet in packets { client.send(packet, attachments: ByteBuffer(bytes: [1])) }
            }
            try server.publish("/feed", "snapshot", 1)
            await client.drop()
        }
        try await eventually { server.clientCount == 0 }
        try await turnAll()
        for topic in ["snapshot", "trades"] {
            #expect(try server.publish("/feed", topic, 1).recipients == 0, "STREAMFENCE_SEED=\(seed)")
            let counts = try server.deliveryCounts("/feed", topic)
            let ended = counts.delivered + counts.dropped + counts.rejected + counts.discarded
            #expect(counts.offered == ended, "STREAMFENCE_SEED=\(seed)")
        }
        let client = try await server.subscriber(to: "snapshot")
        try server.publish("/feed", "snapshot", 2)
        try await client.expect(#"2/feed,["snapshot",2]"#)
        try await server.stop()
    }

    /// One of the pieces, one in three with a byte changed, removed or doubled.
    private func packet(_ generator: inout SeededGenerator) -> String {
        let piece = Self.pieces.randomElement(using: &generator) ?? ""
        guard Int.random(in: 0..<3, using: &generator) == 0 else { return piece }
        var bytes = Array(piece.utf8)
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...127, using: &generator)
        case 1: bytes.remove(at: index)
        default: bytes.insert(bytes[index], at: index)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
