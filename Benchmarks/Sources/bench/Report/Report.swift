/// What a kind of figures looks like in a report.
protocol Reportable: Codable, Sendable {
    static var columns: [String] { get }

    var cells: [String] { get }

    /// What is compared between two subjects: the same in all figures of a kind.
    var compared: [ComparedFigure] { get }
}

struct ComparedFigure {
    enum Way: String, Encodable {
        case ratio
        case difference
    }

    var name: String
    var value: Double?
    var way = Way.ratio
}

/// A figure of a subject, by or less that of the baseline in the same round.
struct Comparison: Encodable {
    var subject: String
    var baseline: String
    var figure: String
    var way: ComparedFigure.Way
    var perRound: [Double]
    var median: Double
}

/// The figures of all rounds and, with a baseline, how the others compare with it.
struct Report<Settings: Encodable, Figures: Reportable>: Encodable, Presentable {
    var title: String
    var settings: Settings
    /// Nil if nothing was bound to a core.
    var cores: Cores?
    var rounds: [Measurement.Round<Figures>]
    var comparisons: [Comparison]

    /// - Parameter baseline: the subject that all others are compared with; nil if there is nothing to compare.
    init(
        title: String,
        settings: Settings,
        cores: Cores?,
        rounds: [Measurement.Round<Figures>],
        baseline: String?
    ) {
        self.title = title
        self.settings = settings
        self.cores = cores
        self.rounds = rounds
        comparisons = baseline.map { Self.comparisons(rounds, $0) } ?? []
    }

    /// The median of how `subject` compares with the baseline; nil if that is not known.
    func median(_ figure: String, of subject: String) -> Double? {
        comparisons.first { $0.figure == figure && $0.subject == subject }?.median
    }

    /// The figures of one subject, in the order of the rounds.
    func figures(of subject: String) -> [Figures] {
        rounds.filter { $0.subject == subject }.map(\.figures)
    }

    func text() -> String {
        let bound =
            cores.map { "server on core \($0.server), generator on core \($0.generator)" } ?? "not bound to cores"
        let rows = rounds.map { [String($0.round), $0.subject] + $0.figures.cells }
        var lines = ["\(title); \(bound)", ""] + table([["round", ""] + Figures.columns] + rows, left: [1])
        var heading = ""
        for comparison in comparisons {
            let next = "\(comparison.subject), compared with \(comparison.baseline):"
            if next != heading { lines += ["", next] }
            heading = next
            let each = comparison.perRound.map { decimal($0, 2) }.joined(separator: "  ")
            let median = decimal(comparison.median, 2)
            lines.append("  \(comparison.figure), \(comparison.way.rawValue): \(each)  median \(median)")
        }
        return lines.joined(separator: "\n")
    }

    private static func comparisons(_ rounds: [Measurement.Round<Figures>], _ baseline: String) -> [Comparison] {
        var subjects: [String] = []
        for round in rounds where round.subject != baseline && !subjects.contains(round.subject) {
            subjects.append(round.subject)
        }
        let byRound = Dictionary(grouping: rounds, by: \.round).sorted { $0.key < $1.key }.map(\.value)
        let figures = rounds.first?.figures.compared ?? []
        return subjects.flatMap { subject in
            figures.enumerated().compactMap { index, figure -> Comparison? in
                let perRound = byRound.compactMap { round -> Double? in
                    func value(_ name: String) -> Double? {
                        round.first { $0.subject == name }?.figures.compared[index].value
                    }
                    guard let found = value(subject), let base = value(baseline) else { return nil }
                    if figure.way == .difference { return found - base }
                    return base == 0 ? nil : found / base
                }
                return perRound.median.map {
                    Comparison(
                        subject: subject,
                        baseline: baseline,
                        figure: figure.name,
                        way: figure.way,
                        perRound: perRound,
                        median: $0
                    )
                }
            }
        }
    }
}
