import StreamFencePluginKit

/// How a metric's labels are written.
enum TagStyle: String, CaseIterable {
    /// As parts of the name, their values behind dots: what every StatsD server understands.
    case plain
    /// As tags, `|#name:value,...`: Datadog, Telegraf, Vector and others.
    case dogstatsd

    /// Whether a character means nothing to any server.
    static func isPlain(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_" || character == "-")
    }
}

/// What is sent of one sample: a line, without its end. A counter that has not risen has no text and is only remembered.
struct Line {
    /// A counter and its value once the line is sent.
    struct Counter {
        /// Not as it is written: two counters may be written alike.
        struct ID: Hashable {
            let name: String
            let labels: [String]
        }

        let id: ID
        let value: Double
    }

    let text: String
    let counter: Counter?
}

/// Writes samples as lines of the StatsD protocol.
struct LineEncoder: Sendable {
    /// Stands before each name.
    let prefix: String
    let tags: TagStyle

    /// - Parameter before: what has been sent of each counter.
    func lines(of sample: MetricSample, since before: [Line.Counter.ID: Double]) -> [Line] {
        switch sample.value {
        case .counter(let value):
            return counter(sample, "", value, before)
        case .gauge(let value):
            return gauge(sample, value)
        case .histogram(let histogram):
            return counter(sample, "_count", Double(histogram.count), before)
                + counter(sample, "_sum", histogram.sum, before)
        }
    }

    private func counter(
        _ sample: MetricSample,
        _ suffix: String,
        _ value: Double,
        _ before: [Line.Counter.ID: Double]
    ) -> [Line] {
        guard value.isFinite else { return [] }
        let (name, tags) = names(sample, suffix)
        let id = Line.Counter.ID(name: sample.name + suffix, labels: sample.labels.flatMap { [$0.name, $0.value] })
        let last = before[id] ?? 0
        // What is lower than before has begun anew.
        let risen = value >= last ? value - last : value
        let text = risen == 0 ? "" : "\(name):\(written(risen))|c\(tags)"
        return [Line(text: text, counter: Line.Counter(id: id, value: value))]
    }

    private func gauge(_ sample: MetricSample, _ value: Double) -> [Line] {
        guard value.isFinite else { return [] }
        let (name, tags) = names(sample, "")
        let line = Line(text: "\(name):\(written(value))|g\(tags)", counter: nil)
        // With a sign, a gauge is changed by as much; one that is below 0 is set to 0 before.
        guard value < 0, self.tags == .plain else { return [line] }
        return [Line(text: "\(name):0|g", counter: nil), line]
    }

    private func names(_ sample: MetricSample, _ suffix: String) -> (name: String, tags: String) {
        let name = prefix + sample.name + suffix
        guard !sample.labels.isEmpty else { return (name, "") }
        switch tags {
        case .plain:
            let values = sample.labels.map { "." + $0.value.map { TagStyle.isPlain($0) ? String($0) : "_" }.joined() }
            return (name + values.joined(), "")
        case .dogstatsd:
            let tags = sample.labels.map { label in
                let value = label.value.map { "|,\n\r".contains($0) ? "_" : String($0) }.joined()
                return "\(label.name):\(value)"
            }
            return (name, "|#" + tags.joined(separator: ","))
        }
    }

    /// Whole numbers without a fraction: some servers take no other for counters.
    private func written(_ value: Double) -> String {
        Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}
