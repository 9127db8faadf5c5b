import ArgumentParser

/// `bench all`: the four benchmarks that judge what they measure.
struct AllCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "all",
        abstract: "Run slow-client, at-least-once, spill and curve, and say whether all is as it ought to be.",
        discussion: """
            Each runs with its defaults; twenty-three minutes in all. A benchmark that can't run counts as a criterion \
            that is not met, and the others run all the same.

            Exit codes: 0 fine; 1 if a criterion is not met; 64 bad usage.
            """
    )

    @OptionGroup
    var options: MeasureOptions

    @Flag(
        help: """
            Small runs, some seconds in all, and only what holds on any machine: nothing lost, nothing twice, nothing \
            left over. For a continuous check, of a debug build too.
            """
    )
    var quick = false

    func run() throws {
        let slowClient = quick ? SlowClientBenchmark.Settings.quick : SlowClientBenchmark.Settings()
        let atLeastOnce = quick ? AtLeastOnceBenchmark.Settings.quick : AtLeastOnceBenchmark.Settings()
        let spill = quick ? SpillBenchmark.Settings.quick : SpillBenchmark.Settings()
        let curve = quick ? CurveBenchmark.Settings.quick : CurveBenchmark.Settings()

        let measurement = try Measurement(options, clients: max(slowClient.clients, curve.mostClients))
        var benchmarks: [(String, (Measurement) throws -> Outcome)] = [
            (SlowClientBenchmark.name, SlowClientBenchmark(settings: slowClient).run),
            (AtLeastOnceBenchmark.name, AtLeastOnceBenchmark(settings: atLeastOnce).run),
            (SpillBenchmark.name, SpillBenchmark(settings: spill).run),
            (CurveBenchmark.name, CurveBenchmark(settings: curve).run),
        ]
        if quick { benchmarks.append(("slow-client, TLS", SlowClientBenchmark(settings: .quickWithEverything).run)) }
        var outcome = Outcome()
        for (name, run) in benchmarks {
            sayError("\(name):")
            do {
                outcome.add(try run(measurement))
            } catch let error as BenchmarkError {
                outcome.add(.none(name, "runs that could not be measured", found: 1))
                outcome.note("\(name): \(error)")
            }
        }
        try options.conclude(quick ? outcome.onlyCorrectness() : outcome)
    }
}
