import Logging
import StreamFenceDelivery
import StreamFenceEngineIO
import StreamFencePluginKit
import StreamFenceSocketIO

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
        samples.gauge("open_connections", "Clients that are connected, whatever they have joined.", clientCount)
        samples.add(socketIO.refusals, byPrincipal: principals?.refused.value ?? 0)
        samples.gauge("queued_bytes", "Bytes that lanes hold in memory.", memory.held)
        samples.gauge("spilled_bytes", "Bytes that lanes have spilled.", spill.budget.stored)
        samples.gauge("spill_pending_bytes", "Bytes that wait to be written to a spill store.", spill.budget.pending)
        if let certificate { samples.add(certificate) }
        samples.add(metricsDriver.exporters)
        return MetricsSnapshot(samples: samples.samples)
    }
}

extension StreamFenceServer {
    /// What became of the messages of each topic that had any, and of what was spilled: the last word on a server that kept
    /// no metrics elsewhere.
    func logCounts() {
        for sample in metrics().samples where sample.number != 0 {
            var metadata = Logger.Metadata()
            for label in sample.labels where label.name != "server" { metadata[label.name] = "\(label.value)" }
            metadata["value"] = "\(Int(sample.number))"
            logger.info("\(sample.name)", metadata: metadata)
        }
    }
}

/// The samples of one server, as they are collected: those of one metric together.
private struct MetricSamples {
    let server: String
    private var names: [String] = []
    private var samplesByName: [String: [MetricSample]] = [:]

    init(server: String) {
        self.server = server
    }

    var samples: [MetricSample] { names.flatMap { samplesByName[$0] ?? [] } }

    mutating func counter(_ name: String, _ help: String, _ value: Int, _ labels: [MetricSample.Label] = []) {
        add("\(name)_total", help, .counter(Double(value)), labels)
    }

    mutating func gauge(_ name: String, _ help: String, _ value: Int, _ labels: [MetricSample.Label] = []) {
        add(name, help, .gauge(Double(value)), labels)
    }

    private mutating func add(
        _ name: String,
        _ help: String,
        _ value: MetricSample.Value,
        _ labels: [MetricSample.Label]
    ) {
        if samplesByName[name] == nil { names.append(name) }
        samplesByName[name, default: []].append(
            MetricSample(
                name: "streamfence_\(name)",
                help: help,
                labels: [MetricSample.Label(name: "server", value: server)] + labels,
                value: value
            )
        )
    }

    mutating func add(_ pipeline: NamespacePipeline, _ path: String) {
        let namespace = [MetricSample.Label(name: "namespace", value: path)]
        let counters = pipeline.counters
        counter("connections", "Clients that have joined the namespace.", counters.connections.value, namespace)
        counter("disconnections", "Clients that have left the namespace.", counters.disconnections.value, namespace)
        counter(
            "acks_unknown",
            "Acknowledgements that name no message.",
            counters.unknownAcknowledgements.value,
            namespace
        )
        counter("auth_rejected", "Requests refused for want of a good token.", counters.rejectedTokens.value, namespace)
        counter(
            "auth_rate_limited",
            "Tokens not looked at, as too many of their address were refused.",
            counters.rateLimitedTokens.value,
            namespace
        )
        counter("rate_limited", "Messages of clients that send more than they may.", counters.overRate.value, namespace)
        counter(
            "subscriptions_refused",
            "Subscriptions beyond limits.subscriptionsPerClient.",
            counters.refusedSubscriptions.value,
            namespace
        )
        counter(
            "auth_revoked",
            "Clients cut off as their principal was revoked.",
            counters.revokedClients.value,
            namespace
        )
        gauge(
            "connected_clients",
            "Clients that are in the namespace.",
            counters.connections.value - counters.disconnections.value,
            namespace
        )
        for topic in pipeline.allTopics {
            add(topic, namespace + [MetricSample.Label(name: "topic", value: topic.name)])
        }
    }

    private mutating func add(_ topic: Topic, _ labels: [MetricSample.Label]) {
        let (published, received) = (topic.published, topic.inbound.received)
        counter("messages_published", "Messages published to subscribers, once each.", published.messages.value, labels)
        counter("messages_published_bytes", "Payload bytes of messages published.", published.bytes.value, labels)
        counter("messages_received", "Messages that clients published.", received.messages.value, labels)
        counter(
            "messages_received_bytes",
            "Payload bytes of messages that clients published.",
            received.bytes.value,
            labels
        )
        counter("messages_offered", "Messages offered to subscribers.", topic.sum(\.offered), labels)
        for outcome in LaneCounters.Outcome.allCases {
            counter(outcome.metric, outcome.help, topic.sum { $0[outcome] }, labels)
        }
        for event in LaneCounters.Event.allCases {
            counter(event.metric, event.help, topic.sum { $0[event] }, labels)
        }
        for reason in OverflowReason.allCases {
            let label = MetricSample.Label(name: "reason", value: reason.rawValue)
            let help = "Messages that found no room, or that a spill store lost."
            counter("queue_overflow", help, topic.sum { $0[reason] }, labels + [label])
        }
        // Each event loop's parts are read while it goes on: for a moment they may not fit together.
        let inFlight = max(0, topic.sum { $0[.flight] })
        gauge("queued_messages", "Messages that wait in memory.", max(0, topic.sum { $0[.memory] } - inFlight), labels)
        gauge("in_flight_messages", "Messages that await their acknowledgement.", inFlight, labels)
        gauge("spilled_messages", "Messages that wait in a spill store.", max(0, topic.sum { $0[.store] }), labels)
    }

    mutating func add(_ refusals: SocketIOServer.Refusals, byPrincipal: Int) {
        let counts = [
            ("connections", refusals.connections), ("connectionsPerAddress", refusals.byAddress),
            ("connectionsPerPrincipal", byPrincipal), ("namespacesPerConnection", refusals.namespaces),
            ("inboundPerSecond", refusals.joinsByRate),
        ]
        for (limit, count) in counts {
            let label = MetricSample.Label(name: "limit", value: limit)
            counter("connections_refused", "Connections, and joins, beyond a limit.", count, [label])
        }
        for limit in InputLimit.allCases {
            let label = MetricSample.Label(name: "limit", value: limit.rawValue)
            counter("input_refused", "Requests, messages and packets beyond a limit.", refusals.input[limit], [label])
        }
        for limit in TimeLimit.allCases {
            let label = MetricSample.Label(name: "limit", value: limit.rawValue)
            counter("connections_timed_out", "Connections that took too long.", refusals.timedOut[limit], [label])
        }
    }

    mutating func add(_ certificate: CertificateStore) {
        gauge(
            "tls_certificate_expiry_timestamp_seconds",
            "When the certificate in use ends, in seconds since 1970.",
            certificate.expiry
        )
        let failed = certificate.failedHandshakes.value
        counter("tls_handshakes_failed", "TLS handshakes that failed, or showed a certificate of nobody.", failed)
        let help = "Certificates that took the place of the one before, or were refused."
        let (done, refused) = certificate.reloads
        counter("tls_certificate_reloads", help, done, [MetricSample.Label(name: "result", value: "done")])
        counter("tls_certificate_reloads", help, refused, [MetricSample.Label(name: "result", value: "refused")])
    }

    /// Sinks of one name, told apart by their options only, are one to the metrics.
    mutating func add(_ exporters: [MetricsExporter]) {
        for name in Set(exporters.map(\.name)).sorted() {
            let label = MetricSample.Label(name: "sink", value: name)
            let ofName = exporters.filter { $0.name == name }
            let (failures, missed) = (ofName.reduce(0) { $0 + $1.failures }, ofName.reduce(0) { $0 + $1.missed })
            counter("metrics_export_failures", "Exports that a metrics sink failed at.", failures, [label])
            counter("metrics_exports_missed", "Exports that a metrics sink was too busy for.", missed, [label])
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

    fileprivate var help: String {
        switch self {
        case .delivered: return "Messages given to a connection, unacknowledged."
        case .acknowledged: return "Messages that their recipient acknowledged."
        case .dropped: return "Messages dropped to make room, or lost by a spill store."
        case .coalesced: return "Messages replaced by a newer one of their key."
        case .replaced: return "Messages replaced by one that stands for all before it."
        case .rejected: return "Messages refused by a full lane."
        case .expired: return "Messages too old when their turn came."
        case .retryExhausted: return "Messages given up after all retries."
        case .discarded: return "Messages still held when their recipient left."
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

    fileprivate var help: String {
        switch self {
        case .spilled: return "Messages written to a spill store."
        case .retries: return "Messages sent again, each time."
        case .staleAcknowledgements: return "Acknowledgements of messages that were acknowledged or given up."
        case .foreignAcknowledgements: return "Acknowledgements of messages that were never sent to that client."
        }
    }
}
