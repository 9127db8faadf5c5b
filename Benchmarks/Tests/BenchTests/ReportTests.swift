import Testing

@testable import bench

@Suite("Reports and criteria")
struct ReportTests {
    private struct Figures: Reportable {
        static let columns = ["value"]
        var value: Double?

        var cells: [String] { [decimal(value, 1)] }
        var compared: [ComparedFigure] {
            [
                ComparedFigure(name: "by", value: value), ComparedFigure(name: "less", value: value, way: .difference),
            ]
        }
    }

    private func report(_ values: [(round: Int, subject: String, value: Double?)]) -> Report<[String: Int], Figures> {
        let rounds = values.map {
            Measurement.Round(round: $0.round, subject: $0.subject, figures: Figures(value: $0.value))
        }
        return Report(title: "t", settings: [:], cores: nil, rounds: rounds, baseline: "base")
    }

    @Test("Each subject is compared with the baseline of the same round")
    func comparisons() {
        let report = report([
            (1, "base", 2), (1, "a", 4), (1, "b", 2), (2, "base", 10), (2, "a", 10), (2, "b", 5), (3, "base", 1),
            (3, "a", 9), (3, "b", 1),
        ])
        #expect(report.comparisons.map(\.subject) == ["a", "a", "b", "b"])
        #expect(report.comparisons[0].perRound == [2, 1, 9])
        #expect(report.median("by", of: "a") == 2)
        #expect(report.median("less", of: "a") == 2)
        #expect(report.median("by", of: "b") == 1)
        #expect(report.median("by", of: "base") == nil)
    }

    @Test("What was not measured in a round is not compared there")
    func unknown() {
        let report = report([(1, "base", nil), (1, "a", 4), (2, "base", 0), (2, "a", 3)])
        #expect(report.median("by", of: "a") == nil)
        #expect(report.median("less", of: "a") == 3)
    }

    private func criterion(_ found: Double?, _ bound: Criterion.Bound) -> Criterion {
        Criterion(benchmark: "b", what: "w", kind: .performance, found: found, bound: bound, unit: "MiB")
    }

    @Test("A criterion is met at its bound, and not if nothing could be measured")
    func bounds() {
        #expect(criterion(4, .atMost(4)).passed)
        #expect(!criterion(4.01, .atMost(4)).passed)
        #expect(criterion(5, .atLeast(5)).passed)
        #expect(!criterion(4.99, .atLeast(5)).passed)
        #expect(!criterion(nil, .atMost(4)).passed)
        #expect(criterion(4.5, .atMost(4)).foundText == "4.50 MiB")
        #expect(criterion(nil, .atMost(4)).foundText == "not measured")
        #expect(criterion(1, .atMost(4)).expectedText == "at most 4 MiB")
    }

    @Test("One criterion that is not met is enough, unless it depends on the machine and only correctness counts")
    func outcome() throws {
        var outcome = Outcome()
        outcome.add(.none("b", "lost", found: 0))
        #expect(outcome.passed)
        outcome.add(criterion(9, .atMost(4)))
        #expect(!outcome.passed)
        #expect(outcome.onlyCorrectness().passed)
        #expect(outcome.text().contains("FAIL"))
        outcome.add(.none("b", "lost", found: 1))
        #expect(!outcome.onlyCorrectness().passed)
        #expect(try outcome.json().contains("\"passed\":false"))
    }
}

@Suite("The server's configuration")
struct ServerSetupTests {
    @Test("Options stand where they belong, and the spill folder with the server's")
    func yaml() {
        var setup = ServerSetup.dropOldest(.snapshot, laneDepth: 7)
        setup.options = [("pingIntervalMs", "5")]
        #expect(
            setup.yaml(spillFolder: "/tmp/x") == """
                servers:
                  benchmark:
                    host: 127.0.0.1
                    port: 0
                    pingIntervalMs: 5
                    spillRootPath: "/tmp/x"
                    namespaces:
                      - path: /feed
                        topics: [snapshot]
                        overflowAction: DROP_OLDEST
                        maxQueuedMessagesPerClient: 7
                        maxQueuedBytesPerClient: 1073741824

                """
        )
        #expect(!setup.yaml(spillFolder: nil).contains("spillRootPath"))
    }
}
