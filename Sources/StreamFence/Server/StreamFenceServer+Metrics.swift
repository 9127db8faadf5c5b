import Logging
import StreamFenceDelivery
import StreamFencePluginKit

extension StreamFenceServer {
    /// Every counter and gauge of the server now, by the names of `docs/metrics.md`. May be called from any thread, and holds
    /// up nobody.
    ///
    /// Counters are read one after the other while the server goes on: sums of them are exact only while nothing moves.
    public func metrics() -> MetricsSnapshot {
        var samples = MetricSamples(server: configuration.name)
        for (path, pipeline) in pipelines.sorted(by: { $0.key < $1.key }) {
            samples.add(pipeline, path)
        }
        samples.gauge("queued_bytes", memory.held)
        samples.gauge("spilled_bytes", spill.budget.stored)
        samples.gauge("spill_pending_bytes", spill.budget.pending)
        return MetricsSnapshot(samples: samples.samples)
    }
}

extension StreamFenceServer {
    /// What became of the messages of each topic that had any, and of what was spilled: the last word on a server that kept
    /// no metrics elsewhere.
    func logCounts() {
        for sample in metrics().samples where sample.value != 0 {
            var metadata = Logger.Metadata()
            for label in sample.labels where label.name != "server" { metadata[label.name] = "\(label.value)" }
            metadata["value"] = "\(Int(sample.value))"
            logger.info("\(sample.name)", metadata: metadata)
        }
    }
}

/// The samples of one server, as they are collected.
private struct MetricSamples {
    let server: String
    private(set) var samples: [MetricSample] = []

    init(server: String) {
        self.server = server
    }

    mutating func counter(_ name: String, _ value: Int, _ labels: [MetricSample.Label] = []) {
        add("\(name)_total", .counter, value, labels)
    }

    mutating func gauge(_ name: String, _ value: Int, _ labels: [MetricSample.Label] = []) {
        add(name, .gauge, value, labels)
    }

    private mutating func add(
        _ name: String,
        _ kind: MetricSample.Kind,
        _ value: Int,
        _ labels: [MetricSample.Label]
    ) {
        samples.append(
            MetricSample(
                name: "streamfence_\(name)",
                kind: kind,
                labels: [MetricSample.Label(name: "server", value: server)] + labels,
                value: Double(value)
            )
        )
    }

    mutating func add(_ pipeline: NamespacePipeline, _ path: String) {
        let namespace = [MetricSample.Label(name: "namespace", value: path)]
        let counters = pipeline.counters
        counter("connections", counters.connections, namespace)
        counter("disconnections", counters.disconnections, namespace)
        counter("acks_unknown", counters.unknownAcknowledgements, namespace)
        gauge("connected_clients", counters.connections - counters.disconnections, namespace)
        for topic in pipeline.allTopics {
            add(topic, namespace + [MetricSample.Label(name: "topic", value: topic.name)])
        }
    }

    private mutating func add(_ topic: Topic, _ labels: [MetricSample.Label]) {
        counter("messages_published", topic.published.messages, labels)
        counter("messages_published_bytes", topic.published.bytes, labels)
        counter("messages_received", topic.inbound.received.messages, labels)
        counter("messages_received_bytes", topic.inbound.received.bytes, labels)
        counter("messages_offered", topic.sum(\.offered), labels)
        for outcome in LaneCounters.Outcome.allCases {
            counter(outcome.metric, topic.sum { $0[outcome] }, labels)
        }
        for event in LaneCounters.Event.allCases {
            counter(event.metric, topic.sum { $0[event] }, labels)
        }
        for reason in OverflowReason.allCases {
            let label = MetricSample.Label(name: "reason", value: reason.rawValue)
            counter("queue_overflow", topic.sum { $0[reason] }, labels + [label])
        }
    }
}

extension LaneCounters.Outcome {
    fileprivate var metric: String {
        switch self {
        case .delivered: return "messages_delivered"
        case .acknowledged: return "messages_acknowledged"
        case .dropped: return "messages_dropped"
        case .coalesced: return "messages_coalesced"
        case .replaced: return "messages_replaced"
        case .rejected: return "messages_rejected"
        case .expired: return "messages_expired"
        case .retryExhausted: return "retries_exhausted"
        case .discarded: return "messages_discarded"
        }
    }
}

extension LaneCounters.Event {
    fileprivate var metric: String {
        switch self {
        case .spilled: return "messages_spilled"
        case .retries: return "retries"
        case .staleAcknowledgements: return "acks_stale"
        case .foreignAcknowledgements: return "acks_foreign"
        }
    }
}
