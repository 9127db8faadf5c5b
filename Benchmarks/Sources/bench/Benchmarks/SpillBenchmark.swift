/// Writes what a client that does not read is owed to disk, and gives it back: how fast, in how much memory, and is it
/// all there, in order, once?
struct SpillBenchmark {
    struct Settings: Codable, Sendable {
        var count = 1_000_000
        /// Of a payload, in bytes.
        var size = 1024
        /// How many published messages may await the server's answer.
        var window = 2_048
        /// How many MiB the spill folder may be behind what was published.
        var lag = 8
        /// Where the spill folder is made, and removed.
        var folder = FolderContents.temporary
        var rounds = 1

        static let quick = Settings(count: 2_000)
    }

    static let name = "spill"
    /// How much more memory may be used than when the first message was spilled, in MiB.
    private static let memoryLimit = 16.0

    let settings: Settings

    func run(_ measurement: Measurement) throws -> Outcome {
        let subjects = [measurement.subject("SPILL_TO_DISK", setup)]
        let rounds = try measurement.run(rounds: settings.rounds, subjects) { _, server, loop in
            guard let folder = server.spillFolder else { throw BenchmarkError("the server has no spill folder") }
            let run = SpillSettings(
                count: settings.count,
                size: settings.size,
                window: settings.window,
                lag: settings.lag * 1_048_576,
                folder: folder
            )
            return try SpillRun.run(run, against: server, on: loop).wait()
        }
        let report = Report(
            title: """
                \(Self.name): 1 client that reads nothing, then all; \(settings.count) messages of \(settings.size) \
                bytes, \(settings.window) unanswered, folder in \(settings.folder)
                """,
            settings: settings,
            cores: measurement.cores,
            rounds: rounds,
            baseline: nil
        )
        return judge(report)
    }

    private func judge(_ report: Report<Settings, SpillFigures>) -> Outcome {
        var outcome = Outcome()
        outcome.add(report)
        let all = report.rounds.map(\.figures)
        func total(_ number: (SpillFigures) -> Int) -> Int { all.reduce(0) { $0 + number($1) } }
        outcome.add(.none(Self.name, "messages that did not come back", found: total { $0.gaps + $0.missing }))
        outcome.add(.none(Self.name, "messages come twice or out of order", found: total(\.duplicates)))
        outcome.add(.none(Self.name, "files left when the client is gone", found: total(\.filesLeft)))
        for (what, phase) in [("writing", \SpillFigures.writing), ("reading back", \SpillFigures.reading)] {
            let growth = all.compactMap { $0[keyPath: phase].residentGrowthKiB }.max()
            outcome.add(
                Criterion(
                    benchmark: Self.name,
                    what: "growth of memory while \(what)",
                    kind: .performance,
                    found: growth.map { Double($0) / 1024 },
                    bound: .atMost(Self.memoryLimit),
                    unit: "MiB"
                )
            )
        }
        return outcome
    }

    private var setup: ServerSetup {
        // A terabyte: no quota is to end the run.
        let unlimited = "1099511627776"
        let address = TopicAddress.snapshot
        return ServerSetup(
            namespaces: [
                ServerSetup.Namespace(
                    path: address.namespace,
                    topics: [address.topic],
                    options: [
                        ("overflowAction", "SPILL_TO_DISK"),
                        ("maxQueuedMessagesPerClient", "64"),
                        ("maxSpillBytesPerClient", unlimited),
                        ("spillStore", "{use: log, options: {sync: never}}"),
                    ]
                )
            ],
            options: ServerSetup.noHeartbeat + [
                ("maxSpillBytes", unlimited),
                // More than the folder may be behind, as what is behind waits in memory.
                ("maxSpillPendingBytes", String((settings.lag + 64) * 1_048_576)),
            ],
            spillParent: settings.folder
        )
    }
}
