import StreamFencePluginKit

/// What every metrics sink has to do: take whatever there is to export.
struct MetricsSinkChecks: Sendable {
    let make: @Sendable () throws -> any MetricsSink

    init(_ make: @escaping @Sendable () throws -> any MetricsSink) {
        self.make = make
    }

    var all: [ContractCheck] {
        [
            ContractCheck("a snapshot of every type of metric is exported") { [make] in
                try make().export(sample(1))
            },
            ContractCheck("an empty snapshot is exported, and a first one that is not zero") { [make] in
                let sink = try make()
                try sink.export(MetricsSnapshot(samples: []))
                try sink.export(sample(1_000_000))
            },
            ContractCheck("labels of any content are no surprise") { [make] in
                let values = ["", "\"", "\\", "\n", "ä💥", "a|b:c,d=e", String(repeating: "x", count: 10_000)]
                let samples = values.map { value in
                    MetricSample(
                        name: "streamfence_check_total",
                        help: "A count with a strange label.",
                        labels: [.init(name: "topic", value: value)],
                        value: .counter(1)
                    )
                }
                let sink = try make()
                try sink.export(MetricsSnapshot(samples: samples))
                _ = try sink.render(MetricsSnapshot(samples: samples))
            },
            ContractCheck("a thousand snapshots of a hundred samples are exported") { [make] in
                let sink = try make()
                for round in 0..<1000 { try sink.export(sample(round, count: 100)) }
            },
            ContractCheck("several may ask for the text at once, while there is an export") { [make] in
                let sink = try make()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<8 { group.addTask { _ = try sink.render(sample(number, count: 1000)) } }
                    group.addTask { try sink.export(sample(1, count: 1000)) }
                    try await group.waitForAll()
                }
            },
        ]
    }

    /// Counters, gauges and a histogram.
    private func sample(_ round: Int, count: Int = 3) -> MetricsSnapshot {
        let counters = (0..<count).map { number in
            MetricSample(
                name: "streamfence_check_total",
                help: "A count.",
                labels: [.init(name: "namespace", value: "/feed"), .init(name: "topic", value: "topic \(number)")],
                value: .counter(Double(round * number))
            )
        }
        let gauge = MetricSample(name: "streamfence_check", help: "A level.", labels: [], value: .gauge(-0.5))
        let buckets = [0.001, 0.01, 0.1].map {
            MetricSample.Histogram.Bucket(upperBound: $0, count: UInt64(round))
        }
        let histogram = MetricSample(
            name: "streamfence_check_seconds",
            help: "Durations.",
            labels: [],
            value: .histogram(.init(buckets: buckets, count: UInt64(round), sum: Double(round) * 0.001))
        )
        return MetricsSnapshot(samples: counters + [gauge, histogram])
    }
}
