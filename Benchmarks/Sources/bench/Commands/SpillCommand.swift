import ArgumentParser

/// `bench spill`: to disk and back.
struct SpillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: SpillBenchmark.name,
        abstract: "Publish to a client that reads nothing, into SPILL_TO_DISK, then let it read on.",
        discussion: """
            The spill store is the log, never synced. Messages are published as fast as the server answers (--window) \
            and its spill folder follows (--lag).

            "written" is bytes on disk a second, until the folder holds all; "read" is bytes of payload at the client \
            a second. "growth" is the server's resident memory at its highest in that phase less that at its \
            beginning, in MiB.

            Exit codes: 0 fine; 1 if a criterion is not met, or nothing could be measured; 64 bad usage.
            """
    )

    @OptionGroup
    var options: MeasureOptions

    @Option(help: "Messages, 1000 or more.")
    var count = defaults.count

    @Option(help: "Size of a payload's JSON in bytes, 1000 to 100000.")
    var size = defaults.size

    @Option(help: "Messages published that the server has not answered yet.")
    var window = defaults.window

    @Option(help: "How many MiB the spill folder may be behind.")
    var lag = defaults.lag

    @Option(help: "Where to make the spill folder, which is removed afterwards.")
    var folder = defaults.folder

    @Option(help: "Rounds.")
    var rounds = defaults.rounds

    private static let defaults = SpillBenchmark.Settings()

    func validate() throws {
        try expect(count, "--count", in: 1000...100_000_000)
        // Smaller ones would all fit into the kernel's buffers before any is spilled.
        try expect(size, "--size", in: 1000...100_000)
        try expect(window, "--window", in: 1...100_000)
        try expect(lag, "--lag", in: 1...100_000)
        try expect(rounds, "--rounds", in: 1...1000)
    }

    func run() throws {
        let settings = SpillBenchmark.Settings(
            count: count,
            size: size,
            window: window,
            lag: lag,
            folder: folder,
            rounds: rounds
        )
        let measurement = try Measurement(options, clients: 2)
        try options.conclude(SpillBenchmark(settings: settings).run(measurement))
    }
}
