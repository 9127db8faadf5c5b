import StreamFenceBuiltin
import StreamFencePluginKit
import Testing

@testable import StreamFence

@Suite("The documentation of metrics and events")
struct MetricsDocumentationTests {
    @Test("Every metric is in the table with its kind and labels, in the order they come, and the table has no other")
    func metrics() throws {
        let server = try server(feed()) { $0.metrics = [PluginChoice(use: "noop")] }
        let samples = server.metrics().samples
        var found: [[String]] = []
        for sample in samples {
            let row = [sample.name, sample.value.kind, sample.labels.map(\.name).joined(separator: ", ")]
            if !found.contains(row) { found.append(row) }
        }
        let rows = try MarkdownDocument("metrics.md").rows(under: "Samples")
        #expect(rows.map { Array($0.prefix(3)) } == found)
        #expect(rows.allSatisfy { $0.count == 4 && !$0[3].isEmpty })
    }

    @Test("Every sink that comes with StreamFence is in the table, and the table has no other")
    func sinks() throws {
        let rows = try MarkdownDocument("metrics.md").rows(under: "Where they go")
        #expect(rows.map { $0[0] }.sorted() == PluginRegistry.builtin.names(.metricsSink))
    }

    @Test("Every reason of an overflow is in the table, is a label of the metric, and is what an event says")
    func reasons() throws {
        let rows = try MarkdownDocument("metrics.md").rows(under: "Reasons")
        let labels = try server(feed()).metrics().samples.filter {
            $0.name == "streamfence_queue_overflow_total" && $0.labels.contains { $0.value == "snapshot" }
        }
        #expect(rows.map { $0[0] } == labels.compactMap { $0.labels.last?.value })
        #expect(rows.map { $0[0] } == QueueOverflowReason.allCases.map(\.rawValue))
        #expect(rows.allSatisfy { $0.count == 2 && !$0[1].isEmpty })
    }

    @Test("The counts of an outcome are metrics that the identity names")
    func identity() throws {
        let topic = Topic(name: "snapshot", index: 0, shardCount: 1, configuration: feed(), policy: RejectNew())
        let outcomes = Mirror(reflecting: DeliveryCounts(topic)).children.compactMap(\.label)
            .filter { !["offered", "received", "receivedBytes"].contains($0) }
        let document = try MarkdownDocument("metrics.md").code(under: "The counts add up")
        let parts = document.split { !$0.isLetter && $0 != "_" }.map(String.init).prefix { $0 != "what" }
        let expected = outcomes.map { $0 == "retryExhausted" ? "retries_exhausted" : "messages_\($0)" }
        #expect(Array(parts) == ["messages_offered"] + expected)
    }

    @Test("Every callback is in the table with its event and the event's fields")
    func callbacks() throws {
        let rows = try MarkdownDocument("events.md").rows(under: "Callbacks")
        let found = ServerEvent.oneOfEach.map { event -> [String] in
            let payload = Mirror(reflecting: event).children.first?.value
            let fields = payload.map { Mirror(reflecting: $0).children.compactMap(\.label) } ?? []
            return [
                event.callback, payload.map { "\(type(of: $0))" } ?? "none", fields.joined(separator: ", "),
            ]
        }
        #expect(rows.map { Array($0.prefix(3)) } == found)
        #expect(rows.count == 14)
    }
}

extension MetricSample.Value {
    fileprivate var kind: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}

extension ServerEvent {
    /// An event of each kind, in the order of the cases.
    fileprivate static var oneOfEach: [ServerEvent] {
        let id = MessageID.Source().next()
        return [
            .starting(0), .started(0), .stopping(0), .stopped(0), .connected("a"), .disconnected("a", "left"),
            .subscribed("a"), .unsubscribed("a"), .accepted("a"), .rejected("a", nil, .invalidRequest, "none"),
            .queueOverflow(
                QueueOverflowEvent(
                    namespace: "/feed",
                    clientID: "a",
                    topic: "b",
                    reason: .queueFull,
                    messages: 1,
                    detail: nil
                )
            ),
            .authRejected(AuthRejectedEvent(namespace: "/feed", clientID: nil, remoteAddress: nil, reason: "none")),
            .retry(RetryEvent(namespace: "/feed", clientID: "a", topic: "b", messageID: id, retryCount: 1)),
            .retryExhausted(
                RetryExhaustedEvent(namespace: "/feed", clientID: "a", topic: "b", messageID: id, retryCount: 1)
            ),
        ]
    }
}
