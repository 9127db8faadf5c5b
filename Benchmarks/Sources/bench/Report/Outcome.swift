/// What a benchmark has to say: its reports, and whether they are what they ought to be.
struct Outcome: Presentable {
    private(set) var reports: [any Presentable] = []
    private(set) var criteria: [Criterion] = []
    /// What a reader should know besides.
    private(set) var notes: [String] = []

    mutating func add(_ report: any Presentable) {
        reports.append(report)
    }

    mutating func add(_ criterion: Criterion) {
        criteria.append(criterion)
    }

    mutating func note(_ line: String?) {
        if let line { notes.append(line) }
    }

    mutating func add(_ other: Outcome) {
        reports += other.reports
        criteria += other.criteria
        notes += other.notes
    }

    /// Without what depends on how fast the machine is.
    func onlyCorrectness() -> Outcome {
        var outcome = self
        outcome.criteria = criteria.filter { $0.kind == .correctness }
        return outcome
    }

    var passed: Bool { criteria.allSatisfy(\.passed) }

    func text() -> String {
        let head = ["", "criterion", "found", "expected", ""]
        let rows = criteria.map { [$0.benchmark, $0.what, $0.foundText, $0.expectedText, $0.verdict] }
        let summary = criteria.isEmpty ? [] : table([head] + rows, left: [0, 1, 4])
        return (reports.map { $0.text() } + [(notes + summary).joined(separator: "\n")]).joined(separator: "\n\n")
    }

    private enum CodingKeys: CodingKey {
        case reports
        case criteria
        case notes
        case passed
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        var list = container.nestedUnkeyedContainer(forKey: .reports)
        for report in reports { try list.encode(report) }
        try container.encode(criteria, forKey: .criteria)
        try container.encode(notes, forKey: .notes)
        try container.encode(passed, forKey: .passed)
    }
}
