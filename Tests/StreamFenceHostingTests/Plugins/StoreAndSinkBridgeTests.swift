import StreamFencePluginKit
import Testing

@testable import StreamFenceHosting

@Suite("Spill stores of loaded plugins")
struct StoreBridgeTests {
    private let fixture: Fixture
    private let store: any SpillStore

    init() throws {
        fixture = try Fixture("store.c")
        store = try fixture.load().store("by-topic")
    }

    private func lane(_ topic: String) -> SpillLane {
        SpillLane(namespace: "/feed", clientID: "client", topic: topic)
    }

    private func failure(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return "\(error)".replacing("spill store by-topic of \(fixture.path): ", with: "")
        }
    }

    @Test(
        "Records that are out of order, there twice, or more than asked for are an error that says so",
        arguments: [
            ("out of order", 9, 100, "expected a record beyond position 8, found position 7"),
            ("twice", 9, 100, "expected a record beyond position 7, found position 7"),
            ("too early", 9, 100, "expected records from position 7 on, found position 6"),
            ("three", 2, 100, "expected at most 2 records, found more"),
            ("three", 9, 12, "expected at most 12 bytes, found more"),
        ]
    )
    func disorder(topic: String, maxRecords: Int, maxBytes: Int, message: String) {
        let found = failure {
            _ = try store.read(lane(topic), from: 7, maxRecords: maxRecords, maxBytes: maxBytes)
        }
        #expect(found == "read: \(message)")
    }

    @Test("Records in order are taken, and a first one that is too large")
    func order() throws {
        let read = try store.read(lane("three"), from: 7, maxRecords: 3, maxBytes: 15)
        #expect(read == (7...9).map { SpillRecord(position: $0, bytes: Array("12345".utf8)) })
        #expect(try store.read(lane("nothing"), from: 7, maxRecords: 3, maxBytes: 15).isEmpty)
    }

    @Test("A failure says why, with the call; any number but 0 is one")
    func failures() {
        let records = [SpillRecord(position: 0, bytes: [1]), SpillRecord(position: 1, bytes: [1, 2, 3])]
        #expect(
            failure { try store.append(records, to: lane("a")) }
                == "append: no room for 2 records, the last with 3 bytes"
        )
        #expect(failure { try store.drop(lane("a")) } == "drop: failed, and gave no reason")
        #expect(failure { try store.release(lane("a"), before: 1) } == nil)
    }

    @Test("Lanes are listed")
    func lanes() throws {
        #expect(try store.lanes() == [SpillLane(namespace: "/a", clientID: "b", topic: "")])
    }
}

@Suite("Metrics sinks of loaded plugins")
struct SinkBridgeTests {
    private let snapshot = MetricsSnapshot(samples: [
        MetricSample(
            name: "a_total",
            help: "A.",
            labels: [.init(name: "server", value: "feed"), .init(name: "topic", value: "")],
            value: .counter(3)
        ),
        MetricSample(name: "b", help: "B.", labels: [], value: .gauge(-2)),
        MetricSample(
            name: "c_seconds",
            help: "C.",
            labels: [],
            value: .histogram(.init(buckets: [.init(upperBound: 5, count: 7)], count: 8, sum: 40))
        ),
    ])

    @Test("A sink that throws fails, and is called again the next time")
    func throwing() throws {
        let fixture = try Fixture("sink.cpp")
        let plugin = try fixture.load()
        let sink = try plugin.sink("fixture")
        for _ in 1...2 {
            let error = #expect(throws: PluginCallError.self) { try sink.export(snapshot) }
            #expect(
                error?.description
                    == "metrics sink fixture of \(fixture.path): export_snapshot: C++ exception: no network"
            )
        }
        #expect(plugin.count("errors") == 2)
        #expect(plugin.count("calls") == 2)
    }

    @Test("A sink sees every sample, and may give its text in parts")
    func rendering() throws {
        let sink = try Fixture("sink.cpp").load().sink("fixture")
        #expect(try sink.render(snapshot) == "a_total 0 3 server=feed topic=\nb 1 -2\nc_seconds 2 40 5:7\n")
        #expect(try sink.render(MetricsSnapshot(samples: [])) == nil)
    }
}
