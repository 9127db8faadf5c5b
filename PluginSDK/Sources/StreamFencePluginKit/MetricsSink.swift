/// Exports the server's counters.
///
/// The core keeps the counters and hands every sink a snapshot on an interval and at shutdown. Called from one task at a
/// time, never from an event loop: a slow sink delays its own next snapshot and nothing else.
public protocol MetricsSink: Sendable {
    func export(_ snapshot: MetricsSnapshot) async throws
}

/// Every metric of the server at one moment.
public struct MetricsSnapshot: Sendable {
    public let samples: [MetricSample]

    public init(samples: [MetricSample]) {
        self.samples = samples
    }
}

/// One metric's value.
public struct MetricSample: Sendable, Equatable {
    public enum Kind: Sendable {
        /// Only rises, until the process ends.
        case counter
        /// Rises and falls.
        case gauge
    }

    /// Such as `streamfence_messages_published_total`.
    public let name: String
    public let kind: Kind
    /// Such as `[(name: "namespace", value: "/feed")]`, in the order the metric documents.
    public let labels: [Label]
    public let value: Double

    public struct Label: Sendable, Equatable {
        public let name: String
        public let value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(name: String, kind: Kind, labels: [Label], value: Double) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.value = value
    }
}
