import ArgumentParser

/// `bench at-least-once`: acknowledged deliveries a second.
struct AtLeastOnceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: AtLeastOnceBenchmark.name,
        abstract: "Publish to clients that acknowledge each message, and count the deliveries.",
        discussion: """
            What "deliver" does, in a namespace with AT_LEAST_ONCE: /alerts, topic alerts. A client acknowledges what \
            it received in a tick with one write. The columns are those of "deliver".

            Exit codes: 0 fine; 1 if a criterion is not met, or nothing could be measured; 64 bad usage.
            """
    )

    @OptionGroup
    var options: MeasureOptions

    @OptionGroup
    var comparison: AgainstOption

    @Option(help: "Clients.")
    var clients = defaults.clients

    @Option(help: "Messages to publish in a round.")
    var count = defaults.count

    @Option(help: "Size of a payload's JSON in bytes, 64 to 100000.")
    var size = defaults.size

    @Option(help: "Messages on their way at once, on average over the clients, 1 to \(mostOnTheirWay).")
    var window = defaults.window

    @Option(help: "The server's maxInFlight, 1 to \(mostInFlight).")
    var inFlight = defaults.inFlight

    @Option(help: "How clients acknowledge: event, or socketio, the answer to a Socket.IO acknowledgement id.")
    var ackStyle = defaults.ackStyle

    @Option(help: "Rounds; with --against each server runs in each, in turn.")
    var rounds = defaults.rounds

    @Option(help: "Acknowledged deliveries a second to reach; with --against it is five times those of that server.")
    var target = defaults.target

    private static let defaults = AtLeastOnceBenchmark.Settings()
    /// Half of the server's queue for what is in flight, half for what is on its way to there.
    private static let mostInFlight = AtLeastOnceBenchmark.queue / 2
    private static let mostOnTheirWay = AtLeastOnceBenchmark.queue / 2

    func validate() throws {
        try expect(clients, "--clients", in: 1...100_000)
        try expect(count, "--count", in: 1...100_000_000)
        try expect(size, "--size", in: MessageFormat.smallestPayload...100_000)
        try expect(window, "--window", in: 1...Self.mostOnTheirWay)
        try expect(inFlight, "--in-flight", in: 1...Self.mostInFlight)
        try expect(rounds, "--rounds", in: 1...1000)
        try expect(target, "--target", in: 0...1_000_000_000)
    }

    func run() throws {
        let settings = AtLeastOnceBenchmark.Settings(
            clients: clients,
            count: count,
            size: size,
            window: window,
            inFlight: inFlight,
            ackStyle: ackStyle,
            rounds: rounds,
            target: target
        )
        let measurement = try Measurement(options, against: comparison.against, clients: clients)
        try options.conclude(AtLeastOnceBenchmark(settings: settings).run(measurement))
    }
}

extension AckStyle: ExpressibleByArgument {}
