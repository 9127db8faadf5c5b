/// Exports the server's metrics.
///
/// The core keeps the counters and hands every sink a snapshot on an interval and when the server stops. Calls run on a thread that
/// may block, never on an event loop: a slow sink misses snapshots and delays nothing else.
public protocol MetricsSink: Sendable {
    /// Exports one snapshot; never called twice at a time. Does nothing by default: for sinks that only render.
    ///
    /// - Throws: if it could not; the core counts that and goes on.
    func export(_ snapshot: MetricsSnapshot) throws

    /// The text for who asks the server for its metrics; nil, the default, if the sink has none. May be called several times
    /// at once.
    ///
    /// - Throws: if there is none now; who asked gets an error.
    func render(_ snapshot: MetricsSnapshot) throws -> String?
}

extension MetricsSink {
    /// Does nothing.
    public func export(_ snapshot: MetricsSnapshot) throws {}

    /// No text.
    public func render(_ snapshot: MetricsSnapshot) throws -> String? { nil }
}

/// Every metric of the server at one moment.
public struct MetricsSnapshot: Sendable {
    /// One for each metric and each combination of its labels; those of one metric follow each other.
    public let samples: [MetricSample]

    /// - Parameter samples: one for each metric and each combination of its labels, those of one metric together.
    public init(samples: [MetricSample]) {
        self.samples = samples
    }
}

/// One metric's value.
public struct MetricSample: Sendable, Equatable {
    /// What a metric's value is.
    public enum Value: Sendable, Equatable {
        /// Only rises, until the process ends.
        case counter(Double)
        /// Rises and falls.
        case gauge(Double)
        /// How observations are spread.
        case histogram(Histogram)
    }

    /// How many observations were how large.
    public struct Histogram: Sendable, Equatable {
        /// By their upper bound, each with the observations of the smaller ones included.
        public let buckets: [Bucket]
        /// All observations, those beyond the last bucket included.
        public let count: UInt64
        /// The sum of all observations.
        public let sum: Double

        /// The observations up to a bound.
        public struct Bucket: Sendable, Equatable {
            /// The largest observation that belongs here.
            public let upperBound: Double
            /// How many observations were at most as large.
            public let count: UInt64

            /// The parameters are the properties.
            public init(upperBound: Double, count: UInt64) {
                self.upperBound = upperBound
                self.count = count
            }
        }

        /// The parameters are the properties.
        public init(buckets: [Bucket], count: UInt64, sum: Double) {
            self.buckets = buckets
            self.count = count
            self.sum = sum
        }
    }

    /// Such as `streamfence_messages_published_total`; a histogram's is without `_bucket`, `_sum` and `_count`.
    public let name: String
    /// What it counts, one sentence.
    public let help: String
    /// Such as `[(name: "namespace", value: "/feed")]`, in the order the metric documents.
    public let labels: [Label]
    /// The value when the snapshot was taken.
    public let value: Value

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
    public init(name: String, help: String, labels: [Label], value: Value) {
        self.name = name
        self.help = help
        self.labels = labels
        self.value = value
    }

    /// A counter's or a gauge's value; a histogram's sum.
    public var number: Double {
        switch value {
        case .counter(let number), .gauge(let number): number
        case .histogram(let histogram): histogram.sum
        }
    }
}
