import StreamFenceBuiltin
import StreamFencePluginKit
import Testing

@Suite("Metrics as Prometheus reads them")
struct PrometheusTests {
    private func text(_ samples: MetricSample...) throws -> [Substring] {
        let text = try #require(PrometheusSink().render(MetricsSnapshot(samples: samples)))
        #expect(text.isEmpty || text.hasSuffix("\n"))
        return text.split(separator: "\n")
    }

    @Test("A metric is described once, and its samples stand together, wherever they come from")
    func described() throws {
        let lines = try text(
            .counter("sent_total", 1, ["server": "a"]),
            .gauge("held", 2),
            .counter("sent_total", 3, ["server": "b"])
        )
        #expect(
            lines == [
                "# HELP sent_total About sent_total.", "# TYPE sent_total counter",
                #"sent_total{server="a"} 1"#, #"sent_total{server="b"} 3"#,
                "# HELP held About held.", "# TYPE held gauge", "held 2",
            ]
        )
    }

    @Test("A counter ends in _total, whether its name does or not")
    func totals() throws {
        #expect(try text(.counter("sent", 1)).map { $0.split(separator: " ").first } == ["#", "#", "sent_total"])
        #expect(try text(.counter("sent_total", 1)).last == "sent_total 1")
    }

    @Test(
        "What would end a label or a line is escaped",
        arguments: [
            (#"plain /feed"#, #"plain /feed"#), (#"a"b"#, #"a\"b"#), (#"a\b"#, #"a\\b"#), ("a\nb", #"a\nb"#),
            ("a\r\nb", "a\r\\nb"), ("Grüße", "Grüße"), (#"\""#, #"\\\""#),
        ]
    )
    func labels(value: String, escaped: String) throws {
        #expect(try text(.gauge("held", 1, ["topic": value])).last == "held{topic=\"\(escaped)\"} 1")
    }

    @Test("A description keeps its quotation marks and loses its line breaks")
    func help() throws {
        let sample = MetricSample(name: "held", help: "a \"b\"\nc\\d", labels: [], value: .gauge(0))
        #expect(try text(sample).first == #"# HELP held a "b"\nc\\d"#)
    }

    @Test(
        "Values are written whole where they are, and as Go reads them where not",
        arguments: [
            (0, "0"), (-3, "-3"), (9_007_199_254_740_991, "9007199254740991"), (0.25, "0.25"), (1e300, "1e+300"),
            (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        ]
    )
    func values(value: Double, written: String) throws {
        #expect(try text(.gauge("held", value)).last == "held \(written)")
    }

    @Test("A histogram has its buckets, one for everything, its sum and its count")
    func histogram() throws {
        let histogram = MetricSample.Histogram(
            buckets: [
                .init(upperBound: 0.5, count: 1), .init(upperBound: 2, count: 4),
                .init(upperBound: .infinity, count: 5),
            ],
            count: 5,
            sum: 12.5
        )
        let sample = MetricSample(
            name: "lag_seconds",
            help: "Lag.",
            labels: [.init(name: "topic", value: "a")],
            value: .histogram(histogram)
        )
        #expect(
            try text(sample) == [
                "# HELP lag_seconds Lag.", "# TYPE lag_seconds histogram",
                #"lag_seconds_bucket{topic="a",le="0.5"} 1"#, #"lag_seconds_bucket{topic="a",le="2"} 4"#,
                #"lag_seconds_bucket{topic="a",le="+Inf"} 5"#, #"lag_seconds_sum{topic="a"} 12.5"#,
                #"lag_seconds_count{topic="a"} 5"#,
            ]
        )
    }

    @Test("Without metrics there is no text")
    func nothing() throws {
        #expect(try text() == [])
    }
}

extension MetricSample {
    static func counter(_ name: String, _ value: Double, _ labels: KeyValuePairs<String, String> = [:]) -> MetricSample
    {
        MetricSample(
            name: name,
            help: "About \(name).",
            labels: labels.map { Label(name: $0.key, value: $0.value) },
            value: .counter(value)
        )
    }

    static func gauge(_ name: String, _ value: Double, _ labels: KeyValuePairs<String, String> = [:]) -> MetricSample {
        MetricSample(
            name: name,
            help: "About \(name).",
            labels: labels.map { Label(name: $0.key, value: $0.value) },
            value: .gauge(value)
        )
    }
}
