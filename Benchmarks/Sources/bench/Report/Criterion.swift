/// Something a benchmark's figures ought to be.
struct Criterion: Encodable {
    enum Kind: String, Encodable {
        /// Holds on any machine.
        case correctness
        /// Depends on the machine, and on what else it does.
        case performance
    }

    enum Bound {
        case atMost(Double)
        case atLeast(Double)
    }

    var benchmark: String
    var what: String
    var kind: Kind
    /// Nil if it could not be measured, which is not what was expected.
    var found: Double?
    var bound: Bound
    var unit = ""

    /// A number of messages, or of anything else, that ought to be none.
    static func none(_ benchmark: String, _ what: String, found: Int) -> Criterion {
        Criterion(benchmark: benchmark, what: what, kind: .correctness, found: Double(found), bound: .atMost(0))
    }

    var passed: Bool {
        guard let found else { return false }
        return switch bound {
        case .atMost(let limit): found <= limit
        case .atLeast(let limit): found >= limit
        }
    }

    var verdict: String { passed ? "pass" : "FAIL" }

    /// As progress shows it.
    var line: String { "\(benchmark): \(what): \(foundText) (expected \(expectedText)): \(verdict)" }

    var foundText: String { found.map(text) ?? "not measured" }

    var expectedText: String {
        switch bound {
        case .atMost(0): "0"
        case .atMost(let limit): "at most \(text(limit))"
        case .atLeast(let limit): "at least \(text(limit))"
        }
    }

    private func text(_ value: Double) -> String {
        let digits = value == value.rounded() ? 0 : 2
        return decimal(value, digits) + (unit.isEmpty ? "" : " \(unit)")
    }

    private enum CodingKeys: CodingKey {
        case benchmark
        case what
        case kind
        case found
        case atMost
        case atLeast
        case unit
        case passed
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(benchmark, forKey: .benchmark)
        try container.encode(what, forKey: .what)
        try container.encode(kind, forKey: .kind)
        try container.encode(found, forKey: .found)
        switch bound {
        case .atMost(let limit): try container.encode(limit, forKey: .atMost)
        case .atLeast(let limit): try container.encode(limit, forKey: .atLeast)
        }
        try container.encode(unit, forKey: .unit)
        try container.encode(passed, forKey: .passed)
    }
}
