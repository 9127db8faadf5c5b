import ArgumentParser

/// `bench`: measures a server from outside it.
@main
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure a StreamFence server from outside it, alone or beside another server.",
        discussion: """
            Without a subcommand it does what "deliver" does; "all" runs the four that judge what they measure. Timings \
            depend on the machine and on what else runs on it: quote ratios within one run, not a figure alone.
            """,
        subcommands: [
            DeliverCommand.self, IdleCommand.self, SlowClientCommand.self, AtLeastOnceCommand.self, SpillCommand.self,
            CurveCommand.self, AllCommand.self,
        ],
        defaultSubcommand: DeliverCommand.self
    )
}
