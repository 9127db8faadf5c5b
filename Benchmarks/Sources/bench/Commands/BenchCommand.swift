import ArgumentParser

/// `bench`: measures a server from outside it.
@main
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure a StreamFence server from outside it, alone or beside another server.",
        discussion: """
            Without a subcommand it does what "deliver" does. Timings depend on the machine and on what else runs on \
            it: quote the ratio to another server in the same run (--against), not a figure alone.
            """,
        subcommands: [DeliverCommand.self, IdleCommand.self, SlowClientCommand.self, CurveCommand.self],
        defaultSubcommand: DeliverCommand.self
    )
}
