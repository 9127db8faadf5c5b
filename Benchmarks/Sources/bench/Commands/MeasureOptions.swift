import ArgumentParser

/// What all subcommands have in common.
struct MeasureOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The streamfence executable to measure. Default: .build/release/streamfence of the root package.",
            valueName: "path"
        )
    )
    var server: String?

    @Option(
        help: ArgumentHelp(
            """
            The core of the server and that of the generator, e.g. 0,1; "none" leaves them to the system. Default: \
            the first and the last this process may use. Needs taskset.
            """,
            valueName: "cores"
        )
    )
    var cores: String?

    @Flag(help: "Print one JSON object instead of a table; latencies in milliseconds, memory in KiB.")
    var json = false

    func validate() throws {
        guard let cores, cores != "none" else { return }
        guard Cores(cores) != nil else {
            throw ValidationError("--cores: expected two different numbers as in 0,1, or none; found \(cores)")
        }
    }

    func print(_ report: some Presentable) throws {
        Swift.print(json ? try report.json() : report.text())
    }

    /// Prints the outcome of a benchmark; ends with exit code 1 if a criterion is not met.
    func conclude(_ outcome: Outcome) throws {
        try print(outcome)
        if !outcome.passed { throw ExitCode(1) }
    }
}

/// The option of those that can measure any server.
struct AgainstOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Measure this one too, in turn with the first, and print ratios: another streamfence executable, or the \
            command of any server of the client protocol with {port} for its port, e.g. 'limit {port}'.
            """,
            valueName: "path or command"
        )
    )
    var against: String?
}
