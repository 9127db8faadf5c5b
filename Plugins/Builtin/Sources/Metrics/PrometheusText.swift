import StreamFencePluginKit

/// A snapshot in Prometheus' text exposition format, version 0.0.4.
///
/// Each metric's samples stand together under one `HELP` and one `TYPE`, as the format asks, even where the snapshot was put
/// together from those of several servers.
/// [The format](https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format)
public struct PrometheusText {
    /// What an HTTP answer says of it.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private var text = ""

    /// The text, each line with its end.
    public static func of(_ snapshot: MetricsSnapshot) -> String {
        var names: [String] = []
        var samplesByName: [String: [MetricSample]] = [:]
        for sample in snapshot.samples {
            if samplesByName[sample.name] == nil { names.append(sample.name) }
            samplesByName[sample.name, default: []].append(sample)
        }
        var writer = PrometheusText()
        for name in names { writer.write(samplesByName[name] ?? []) }
        return writer.text
    }

    /// - Parameter samples: all of one metric.
    private mutating func write(_ samples: [MetricSample]) {
        guard let first = samples.first else { return }
        let name = first.exposedName
        text += "# HELP \(name) \(Self.escaped(first.help))\n# TYPE \(name) \(first.value.type)\n"
        for sample in samples {
            switch sample.value {
            case .counter(let value), .gauge(let value):
                line(name, sample.labels, value)
            case .histogram(let histogram):
                write(histogram, name, sample.labels)
            }
        }
    }

    private mutating func write(_ histogram: MetricSample.Histogram, _ name: String, _ labels: [MetricSample.Label]) {
        for bucket in histogram.buckets where bucket.upperBound.isFinite {
            let bound = MetricSample.Label(name: "le", value: Self.number(bucket.upperBound))
            line("\(name)_bucket", labels + [bound], Double(bucket.count))
        }
        // The format asks for it, whatever the last bound is.
        let all = MetricSample.Label(name: "le", value: "+Inf")
        line("\(name)_bucket", labels + [all], Double(histogram.count))
        line("\(name)_sum", labels, histogram.sum)
        line("\(name)_count", labels, Double(histogram.count))
    }

    private mutating func line(_ name: String, _ labels: [MetricSample.Label], _ value: Double) {
        text += "\(name)\(Self.braced(labels)) \(Self.number(value))\n"
    }

    /// The labels as they follow a name, braces included; nothing if there are none.
    static func braced(_ labels: [MetricSample.Label]) -> String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
        return "{\(pairs.joined(separator: ","))}"
    }

    /// A whole number without a decimal point: that is what most are.
    static func number(_ value: Double) -> String {
        if let whole = Int(exactly: value), whole.magnitude < 1 << 53 { return "\(whole)" }
        if value.isNaN { return "NaN" }
        guard value.isFinite else { return value < 0 ? "-Inf" : "+Inf" }
        return "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool = false) -> String {
        // By scalars: "\r\n" is one character, and would slip through.
        guard text.unicodeScalars.contains(where: { $0 == "\\" || $0 == "\n" || $0 == "\"" }) else { return text }
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped.append(contentsOf: #"\\"#.unicodeScalars)
            case "\n": escaped.append(contentsOf: #"\n"#.unicodeScalars)
            case "\"" where quotes: escaped.append(contentsOf: #"\""#.unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}

extension MetricSample {
    /// The metric's name as the format wants it: a counter's ends in `_total`.
    fileprivate var exposedName: String {
        if case .counter = value, !name.hasSuffix("_total") { return "\(name)_total" }
        return name
    }
}

extension MetricSample.Value {
    fileprivate var type: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}
