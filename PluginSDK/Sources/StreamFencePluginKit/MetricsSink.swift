/// Exports the server's counters.
///
/// The core keeps the counters and hands every sink a snapshot on an interval and at shutdown. Called from one task at a
/// time, never from an event loop: a slow sink delays its own next snapshot and nothing else.
public protocol MetricsSink: Sendable {
    /// Exports one snapshot; throws if it could not.
    func export(_ snapshot: MetricsSnapshot) async throws
}

/// Every metric of the server at one moment.
public struct MetricsSnapshot: Sendable {
    /// One for each metric and each combination of its labels.
    public let samples: [MetricSample]

    /// - Parameter samples: one for each metric and each combination of its labels.
    public init(samples: [MetricSample]) {
        self.samples = samples
    }
}

/// One metric's value.
public struct MetricSample: Sendable, Equatable {
    /// How a metric's value changes over time.
    public enum Kind: Sendable {
        /// Only rises, until the process ends.
        case counter
        /// Rises and falls.
        case gauge
    }

    /// Such as `streamfence_messages_published_total`.
    public let name: String
    /// How ``value`` changes over time.
    public let kind: Kind
    /// Such as `[(name: "namespace", value: "/feed")]`, in the order the metric documents.
    public let labels: [Label]
    /// The value when the snapshot was taken.
    public let value: Double

    /// What tells one sample of a metric from another.
    public struct Label: Sendable, Equatable {
        /// Such as `namespace`.
        public let name: String
        /// Such as `/feed`.
        public let value: String

        /// - Parameters:
        ///   - name: such as `namespace`.
        ///   - value: such as `/feed`.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// See the properties for what each parameter means.
    public init(name: String, kind: Kind, labels: [Label], value: Double) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.value = value
    }
}
