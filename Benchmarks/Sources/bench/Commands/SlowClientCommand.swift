import ArgumentParser

/// `bench slow-client`: clients that do not read, and what they cost.
struct SlowClientCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: SlowClientBenchmark.name,
        abstract: "Let some clients not read, and see what that costs the server and the other clients.",
        discussion: """
            Messages are published at a fixed rate, whatever becomes of them, into queues with DROP_OLDEST. Each \
            variant runs in turn with nobody hindered and with clients that do not read:

            one-paused: one reads nothing; ten-paused: a tenth of them; slow-reader: one reads 1 KiB a second; \
            not-polling: a tenth comes over long-polling and sends no GET; siblings: two clients, of which one reads \
            nothing, at a rate of their own.

            Latency is at the healthy clients, from when a message was due to when it arrived, in milliseconds; "p99 \
            of 1 s" is the median of the 99th percentiles of each second. "growth" is the server's resident memory at \
            its highest less that at the first message, in MiB. "waiting" is the time that the server was ready to run and \
            had no core. "dropped" is what clients that had paused did not get \
            when they read on.

            Exit codes: 0 fine; 1 if a criterion is not met, or nothing could be measured; 64 bad usage.
            """
    )

    @OptionGroup
    var options: MeasureOptions

    @Option(name: .customLong("variant"), help: "One of the variants; may be repeated. Default: all.")
    var variants: [SlowClientBenchmark.Variant] = []

    @Option(help: "Clients, the hindered included; not of siblings.")
    var clients = defaults.clients

    @Option(help: "Messages a second; not of siblings.")
    var rate = defaults.rate

    @Option(help: "Seconds of a run; not of siblings.")
    var seconds = defaults.seconds

    @Option(help: "Messages of a run of siblings.")
    var siblingsCount = defaults.siblingsCount

    @Option(help: "Messages a second of siblings.")
    var siblingsRate = defaults.siblingsRate

    @Option(help: "Size of a payload's JSON in bytes, 64 to 100000.")
    var size = defaults.size

    @Option(help: "Size of a binary attachment of each message in bytes, 1 to 10000000. Default: none.")
    var attachment: Int?

    @Flag(help: "Let the server and its clients speak TLS. Needs openssl, which makes the certificate.")
    var tls = false

    @Option(help: "How many messages a client's queue holds.")
    var queue = defaults.queue

    @Option(help: "Rounds; each variant runs twice in each. Not of siblings.")
    var rounds = defaults.rounds

    @Option(help: "Rounds of siblings.")
    var siblingsRounds = defaults.siblingsRounds

    private static let defaults = SlowClientBenchmark.Settings()

    func validate() throws {
        try expect(clients, "--clients", in: 2...100_000)
        try expect(rate, "--rate", in: 1...1_000_000)
        try expect(seconds, "--seconds", in: 1...3600)
        try expect(siblingsCount, "--siblings-count", in: 1...100_000_000)
        try expect(siblingsRate, "--siblings-rate", in: 1...1_000_000)
        try expect(size, "--size", in: MessageFormat.smallestPayload...100_000)
        try expect(attachment ?? 1, "--attachment", in: 1...10_000_000)
        try expect(queue, "--queue", in: 1...1_000_000)
        try expect(rounds, "--rounds", in: 1...1000)
        try expect(siblingsRounds, "--siblings-rounds", in: 1...1000)
    }

    func run() throws {
        let settings = SlowClientBenchmark.Settings(
            variants: variants.isEmpty ? SlowClientBenchmark.Variant.allCases : variants,
            clients: clients,
            rate: rate,
            seconds: seconds,
            siblingsCount: siblingsCount,
            siblingsRate: siblingsRate,
            size: size,
            queue: queue,
            rounds: rounds,
            siblingsRounds: siblingsRounds,
            attachment: attachment,
            tls: tls
        )
        let measurement = try Measurement(options, clients: clients)
        try options.conclude(SlowClientBenchmark(settings: settings).run(measurement))
    }
}

extension SlowClientBenchmark.Variant: ExpressibleByArgument {}
