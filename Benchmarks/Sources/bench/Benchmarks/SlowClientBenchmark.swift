/// Do clients that do not read cost the server memory, or the others anything? Runs at a fixed rate, with and without
/// such clients in turn.
struct SlowClientBenchmark {
    enum Variant: String, Codable, CaseIterable, Sendable {
        case onePaused = "one-paused"
        case tenPaused = "ten-paused"
        case slowReader = "slow-reader"
        case notPolling = "not-polling"
        case siblings
    }

    struct Settings: Codable, Sendable {
        var variants = Variant.allCases
        /// All clients, and messages a second; in all variants but `siblings`.
        var clients = 100
        var rate = 2_000
        var seconds = 20
        /// How many messages go to the one healthy client of `siblings`, and how many a second.
        var siblingsCount = 400_000
        var siblingsRate = 20_000
        /// Of a payload, in bytes.
        var size = 1024
        /// How many messages a queue holds.
        var queue = 128
        /// Of each variant but `siblings`, which waits for the machine more than for the server and so needs more of them.
        var rounds = 5
        var siblingsRounds = 11
        /// Of the attachment that each message has, in bytes; none if nil.
        var attachment: Int?
        /// Whether the server speaks TLS.
        var tls = false
        /// Whether each variant also runs without anybody hindered, to compare with.
        var compares = true

        /// So slow that any machine keeps up, and large enough for the queue of a client that reads nothing to overflow.
        static let quick = Settings(
            clients: 10,
            rate: 100,
            seconds: 2,
            siblingsCount: 200,
            siblingsRate: 100,
            size: 4096,
            rounds: 1,
            siblingsRounds: 1,
            compares: false
        )

        /// The same over TLS and with attachments, of one variant.
        static let quickWithEverything = {
            var settings = quick
            settings.variants = [.onePaused]
            settings.attachment = 200_000
            settings.rate = 20
            settings.queue = 8
            settings.tls = true
            return settings
        }()
    }

    static let name = "slow-client"
    /// How much more memory clients that do not read may cost, in MiB, and how much later others may get messages.
    private static let memoryLimit = 4.0
    private static let latencyLimit = 1.2

    /// How much of the time a server may have no core, before that is worth a word.
    private static let waitingLimit = 0.1

    private static let nobody = "nobody"

    let settings: Settings

    func run(_ measurement: Measurement) throws -> Outcome {
        var outcome = Outcome()
        for variant in settings.variants {
            let found = try run(variant, measurement)
            // At once: whoever ends this before the report has these.
            for criterion in found.criteria { sayError(criterion.line) }
            outcome.add(found)
        }
        return outcome
    }

    private func run(_ variant: Variant, _ measurement: Measurement) throws -> Outcome {
        let (hindered, name) = hindered(variant)
        var runs = [(name, hindered)]
        if settings.compares {
            var baseline = hindered
            baseline.hindrance = .nothing
            runs.insert((Self.nobody, baseline), at: 0)
        }
        var setup = ServerSetup.dropOldest(hindered.address, laneDepth: settings.queue)
        setup.options = ServerSetup.noHeartbeat
        setup.isSecure = settings.tls
        if let attachment = settings.attachment {
            setup.options.append(("maxPayload", String(attachment + settings.size + 1024)))
        }
        let subjects = runs.map { measurement.subject($0.0, setup) }
        let count = variant == .siblings ? settings.siblingsRounds : settings.rounds
        let rounds = try measurement.run(rounds: count, subjects) { index, server, loop in
            try PacedRun.run(runs[index].1, against: server, on: loop).wait()
        }
        let report = Report(
            title: """
                \(Self.name) \(variant.rawValue): \(hindered.clients) clients, \(hindered.rate) messages/s of \
                \(hindered.size) bytes\(extras), \(hindered.count) in all, queues of \(settings.queue)
                """,
            settings: settings,
            cores: measurement.cores,
            rounds: rounds,
            baseline: settings.compares ? Self.nobody : nil
        )
        return judge(report, variant, name)
    }

    private var extras: String {
        let attachment = settings.attachment.map { " and an attachment of \($0) bytes" } ?? ""
        return attachment + (settings.tls ? ", TLS" : "")
    }

    /// Messages that wait are the same ones in all queues. Those without attachments are too small to matter.
    private var memoryLimit: Double {
        Self.memoryLimit + Double(settings.queue * (settings.attachment ?? 0)) / 1_048_576
    }

    private func judge(_ report: Report<Settings, PacedFigures>, _ variant: Variant, _ name: String) -> Outcome {
        var outcome = Outcome()
        outcome.add(report)
        let benchmark = "\(Self.name) \(variant.rawValue)"
        if settings.compares { outcome.note(disturbances(report, benchmark)) }
        let wrong = report.figures(of: name).reduce(0) { $0 + $1.wrong }
        outcome.add(.none(benchmark, "messages that healthy clients miss", found: wrong))
        outcome.add(
            Criterion(
                benchmark: benchmark,
                what: "memory more than with nobody hindered, median",
                kind: .performance,
                found: report.median(PacedFigures.growth, of: name),
                bound: .atMost(memoryLimit),
                unit: "MiB"
            )
        )
        outcome.add(
            Criterion(
                benchmark: benchmark,
                what: "p99 of healthy clients by that with nobody hindered, median",
                kind: .performance,
                found: report.median(PacedFigures.p99, of: name),
                bound: .atMost(Self.latencyLimit)
            )
        )
        return outcome
    }

    /// Says how far other work had the machine: nothing that is missed or late then can be laid to a slow client.
    private func disturbances(_ report: Report<Settings, PacedFigures>, _ benchmark: String) -> String? {
        let runs = report.rounds.map(\.figures)
        let waited = runs.count { ($0.serverWaiting ?? 0) > Self.waitingLimit }
        guard waited > 0 else { return nil }
        let unhindered = report.figures(of: Self.nobody)
        let missed = unhindered.count { $0.wrong > 0 }
        return """
            \(benchmark): the machine was busy: in \(waited) of \(runs.count) runs the server had no core for more than \
            \(percent(Self.waitingLimit)) of the time; with nobody hindered, messages were missed in \(missed) of \
            \(unhindered.count)
            """
    }

    /// The run with hindered clients, and what to call it.
    private func hindered(_ variant: Variant) -> (PacedSettings, String) {
        let some = max(1, settings.clients / 10)
        let (hindrance, count, name): (Hindrance, Int, String) =
            switch variant {
            case .onePaused: (.paused(clients: 1), 1, "1 paused")
            case .tenPaused: (.paused(clients: some), some, "\(some) paused")
            case .slowReader: (.slow(clients: 1, bytes: 1024), 1, "1 reads 1 KiB/s")
            case .notPolling: (.notPolling(clients: some), some, "\(some) polling, send no GET")
            case .siblings: (.paused(clients: 1), 1, "1 of 2 paused")
            }
        let siblings = variant == .siblings
        let clients = siblings ? 2 : settings.clients
        let run = PacedSettings(
            clients: clients,
            healthy: clients - count,
            hindrance: hindrance,
            rate: siblings ? settings.siblingsRate : settings.rate,
            count: siblings ? settings.siblingsCount : settings.rate * settings.seconds,
            size: settings.size,
            attachment: settings.attachment
        )
        return (run, name)
    }
}
