import ArgumentParser

/// `bench idle`: what a connection costs that does nothing.
struct IdleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idle",
        abstract: "Open idle connections and weigh them.",
        discussion: """
            Each connection is a websocket that has joined the namespace and subscribed to nothing. The figure is the \
            server's resident memory with all of them open, less that before the first, per connection, in KiB of \
            1024 bytes. What the kernel holds for a socket is not in it.

            Exit codes: 0 fine, 1 if nothing could be measured, 64 bad usage.
            """
    )

    @OptionGroup
    var options: MeasureOptions

    @OptionGroup
    var comparison: AgainstOption

    @Option(help: "Connections.")
    var clients = 5_000

    @Option(help: "Rounds; with --against each server runs in each, in turn.")
    var rounds = 1

    func validate() throws {
        try expect(clients, "--clients", in: 1...100_000)
        try expect(rounds, "--rounds", in: 1...1000)
    }

    func run() throws {
        let clients = clients
        let measurement = try Measurement(options, against: comparison.against, clients: clients)
        let subjects = measurement.subjects(.dropOldest(.snapshot, laneDepth: 256))
        let rounds = try measurement.run(rounds: rounds, subjects) { _, server, loop in
            try IdleRun.run(clients: clients, against: server, on: loop).wait()
        }
        let report = Report(
            title: "\(clients) idle connections",
            settings: ["clients": clients],
            cores: measurement.cores,
            rounds: rounds,
            baseline: subjects.count > 1 ? subjects.last?.name : nil
        )
        try options.print(report)
    }
}
