import Foundation

/// What a kind of figures looks like in a report.
protocol Reportable: Codable, Sendable {
    static var columns: [String] { get }

    var cells: [String] { get }

    /// What is compared between two servers, by name.
    var comparable: [(name: String, value: Double?)] { get }
}

/// The figures of all rounds and, of two servers, their ratios.
struct Report<Settings: Encodable, Figures: Reportable>: Encodable {
    /// A figure of the first server by that of the second.
    struct Ratio: Encodable {
        var figure: String
        var perRound: [Double]
        var median: Double
    }

    var settings: Settings
    /// Nil if nothing was bound to a core.
    var cores: Cores?
    var rounds: [Measurement.Round<Figures>]
    var ratios: [Ratio]

    init(settings: Settings, cores: Cores?, rounds: [Measurement.Round<Figures>]) {
        self.settings = settings
        self.cores = cores
        self.rounds = rounds
        ratios = Self.ratios(rounds)
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    func text(title: String) -> String {
        let where_ =
            cores.map { "server on core \($0.server), generator on core \($0.generator)" } ?? "not bound to cores"
        let rows = rounds.map { [String($0.round), $0.server] + $0.figures.cells }
        var lines = ["\(title); \(where_)", ""] + table([["round", "server"] + Figures.columns] + rows)
        if let (first, second) = names {
            lines += ["", "\(first) by \(second):"]
            lines += ratios.map { ratio in
                let each = ratio.perRound.map { decimal($0, 2) }.joined(separator: "  ")
                return "  \(ratio.figure): \(each)  median \(decimal(ratio.median, 2))"
            }
        }
        return lines.joined(separator: "\n")
    }

    private var names: (String, String)? {
        guard let first = rounds.first?.server else { return nil }
        return rounds.first { $0.server != first }.map { (first, $0.server) }
    }

    private static func ratios(_ rounds: [Measurement.Round<Figures>]) -> [Ratio] {
        let pairs = Dictionary(grouping: rounds, by: \.round).sorted { $0.key < $1.key }.map(\.value)
        guard pairs.allSatisfy({ $0.count == 2 }), let compared = rounds.first?.figures.comparable else { return [] }
        return compared.indices.compactMap { index in
            let perRound = pairs.compactMap { pair -> Double? in
                guard let first = pair[0].figures.comparable[index].value,
                    let second = pair[1].figures.comparable[index].value,
                    second != 0
                else { return nil }
                return first / second
            }
            return perRound.median.map { Ratio(figure: compared[index].name, perRound: perRound, median: $0) }
        }
    }

    /// Columns as wide as their widest cell; text to the left, numbers to the right.
    private func table(_ rows: [[String]]) -> [String] {
        let columns = rows.first?.count ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 1 ? row[column] + space : space + row[column]
            }
            .joined(separator: "  ")
        }
    }
}

extension FanoutFigures: Reportable {
    static let columns = [
        "deliveries/s", "p50 ms", "p99", "p99.9", "max", "CPU us", "server busy", "generator", "MiB before", "peak",
        "gaps",
        "dups", "missing",
    ]

    var cells: [String] {
        [
            decimal(deliveriesPerSecond, 0), decimal(latency.p50, 3), decimal(latency.p99, 3), decimal(latency.p999, 3),
            decimal(latency.max, 3), decimal(serverCPUMicrosecondsPerDelivery, 3), percent(serverBusy),
            percent(generatorBusy), mebibytes(residentBeforeKiB), mebibytes(residentPeakKiB), String(gaps),
            String(duplicates), String(missing),
        ]
    }

    var comparable: [(name: String, value: Double?)] {
        [("deliveries/s", deliveriesPerSecond), ("server CPU per delivery", serverCPUMicrosecondsPerDelivery)]
    }
}

extension IdleFigures: Reportable {
    static let columns = ["connections", "joined/s", "MiB before", "after", "KiB per connection"]

    var cells: [String] {
        [
            String(connections), decimal(connectionsPerSecond, 0), mebibytes(residentBeforeKiB),
            mebibytes(residentAfterKiB), decimal(residentKiBPerConnection, 2),
        ]
    }

    var comparable: [(name: String, value: Double?)] {
        [("KiB per connection", residentKiBPerConnection), ("joined/s", connectionsPerSecond)]
    }
}

private func decimal(_ value: Double?, _ digits: Int) -> String {
    value.map { String(format: "%.\(digits)f", $0) } ?? "-"
}

private func percent(_ fraction: Double?) -> String {
    fraction.map { "\(decimal($0 * 100, 0)) %" } ?? "-"
}

private func mebibytes(_ kibibytes: Int?) -> String {
    decimal(kibibytes.map { Double($0) / 1024 }, 1)
}
