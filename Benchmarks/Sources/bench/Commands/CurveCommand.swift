import ArgumentParser

/// `bench curve`: what a delivery's cost does not depend on.
struct CurveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: CurveBenchmark.name,
        abstract: "Compare what a delivery costs with short and long queues, few and many topics and other clients.",
        discussion: """
            Each dimension has several points, which run in turn; the figure is the server's processor time per \
            delivery, by that at the first point. The columns are those of "deliver".

            queue-drop-oldest, queue-coalesce: half of the clients read nothing, so that each message finds their \
            queues full; with COALESCE it has a key that no queued message has. topics: topics that nobody subscribes \
            to; topics-subscribed: that every client does. other-clients: clients subscribed in another namespace.

            Exit codes: 0 fine; 1 if a criterion is not met, or nothing could be measured; 64 bad usage.
            """
    )

    @OptionGroup
    var options: MeasureOptions

    @Option(name: .customLong("dimension"), help: "One of the dimensions; may be repeated. Default: all.")
    var dimensions: [CurveBenchmark.Dimension] = []

    @Option(help: "Messages to publish in a round.")
    var count = defaults.count

    @Option(help: "Size of a payload's JSON in bytes, 64 to 100000.")
    var size = defaults.size

    @Option(help: "Rounds; each point runs once in each.")
    var rounds = defaults.rounds

    private static let defaults = CurveBenchmark.Settings()

    func validate() throws {
        try expect(count, "--count", in: 1...100_000_000)
        try expect(size, "--size", in: MessageFormat.smallestPayload...100_000)
        try expect(rounds, "--rounds", in: 1...1000)
    }

    func run() throws {
        let settings = CurveBenchmark.Settings(
            dimensions: dimensions.isEmpty ? CurveBenchmark.Dimension.allCases : dimensions,
            count: count,
            size: size,
            rounds: rounds
        )
        let measurement = try Measurement(options, clients: settings.mostClients)
        try options.conclude(CurveBenchmark(settings: settings).run(measurement))
    }
}

extension CurveBenchmark.Dimension: ExpressibleByArgument {}
