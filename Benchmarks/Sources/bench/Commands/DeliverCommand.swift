import ArgumentParser

/// `bench deliver`: publishes to many subscribers and times what arrives.
struct DeliverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliver",
        abstract: "Publish messages to many subscribers and time each delivery.",
        discussion: """
            One connection publishes, as clients do; the others subscribe. Each round starts a fresh server.

            Units: a delivery is one message at one subscriber. "deliveries/s" is from the first publish to the last \
            delivery. Latency is from publish to delivery, in milliseconds, and grows with --window, as messages wait \
            for those before them. "CPU us" is the server's processor time per delivery in microseconds. "busy" is \
            processor time by time, in percent of a core: if the generator is near 100, the server could do more; if \
            neither is, something else took the cores or they waited for each other. Memory is the server's, \
            resident, in MiB.

            Exit codes: 0 fine; 1 if a message was lost or came twice, or nothing could be measured; 64 bad usage.
            """
    )

    @OptionGroup
    var options: MeasureOptions

    @OptionGroup
    var comparison: AgainstOption

    @Option(help: "Subscribers.")
    var clients = 100

    @Option(help: "Messages to publish in a round.")
    var count = 50_000

    @Option(help: "Size of a payload's JSON in bytes, 64 to 100000.")
    var size = 100

    @Option(
        help: """
            Messages on their way at once, on average over the subscribers, 1 to \(DeliverCommand.laneDepth). 1: one \
            at a time, a system call a delivery. More: batches can form.
            """
    )
    var window = 64

    @Option(help: "Rounds; with --against each server runs in each, in turn.")
    var rounds = 3

    func validate() throws {
        try expect(clients, "--clients", in: 1...100_000)
        try expect(count, "--count", in: 1...100_000_000)
        try expect(size, "--size", in: MessageFormat.smallestPayload...100_000)
        try expect(window, "--window", in: 1...Self.laneDepth)
        try expect(rounds, "--rounds", in: 1...1000)
    }

    /// How many messages a client's queue in the server holds.
    private static let laneDepth = 256

    private struct Settings: Encodable {
        var clients: Int
        var count: Int
        var size: Int
        var window: Int
    }

    func run() throws {
        let run = FanoutSettings(
            stage: StageSettings(address: .snapshot, subscribers: clients, size: size),
            count: count,
            window: window,
            laneDepth: Self.laneDepth
        )
        let measurement = try Measurement(options, against: comparison.against, clients: clients)
        let subjects = measurement.subjects(.dropOldest(run.stage.address, laneDepth: Self.laneDepth))
        let rounds = try measurement.run(rounds: rounds, subjects) { _, server, loop in
            try FanoutRun.run(run, against: server, on: loop).wait()
        }
        let report = Report(
            title: "\(clients) subscribers, \(count) messages of \(size) bytes, window \(window)",
            settings: Settings(clients: clients, count: count, size: size, window: window),
            cores: measurement.cores,
            rounds: rounds,
            baseline: subjects.count > 1 ? subjects.last?.name : nil
        )
        try options.print(report)
        for round in rounds {
            guard let losses = round.figures.losses else { continue }
            sayError("round \(round.round), \(round.subject): \(losses)")
        }
        if rounds.contains(where: { $0.figures.losses != nil }) { throw ExitCode(1) }
    }
}

/// - Throws: `ValidationError`, which ends the program with exit code 64.
func expect(_ value: Int, _ option: String, in range: ClosedRange<Int>) throws {
    guard range.contains(value) else {
        throw ValidationError("\(option): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
    }
}
