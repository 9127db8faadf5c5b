/// How many deliveries a second are acknowledged, with a window of unacknowledged messages per client.
struct AtLeastOnceBenchmark {
    struct Settings: Codable, Sendable {
        var clients = 100
        var count = 30_000
        /// Of a payload, in bytes.
        var size = 100
        /// How many messages the publisher lets be on their way, on average over the clients.
        var window = 64
        /// How many the server sends to a client before it is acknowledged one.
        var inFlight = 64
        var ackStyle = AckStyle.event
        var rounds = 3
        /// Acknowledged deliveries a second to reach: five times what the family's JavaScript server did on 2 cores.
        var target = 5 * 63_000

        static let quick = Settings(clients: 10, count: 200, window: 8, inFlight: 8, rounds: 1)
    }

    static let name = "at-least-once"
    /// How many messages a client's queue in the server holds, those in flight included.
    static let queue = 256
    /// What the ratio to another server has to be.
    private static let ratioToReach = 5.0

    let settings: Settings

    func run(_ measurement: Measurement) throws -> Outcome {
        let run = FanoutSettings(
            stage: StageSettings(
                address: .alerts,
                subscribers: settings.clients,
                size: settings.size,
                acknowledge: settings.ackStyle
            ),
            count: settings.count,
            window: settings.window,
            // What is received and whose acknowledgement is on its way is in the server's queue too.
            laneDepth: Self.queue - settings.inFlight
        )
        let subjects = measurement.subjects(setup)
        let rounds = try measurement.run(rounds: settings.rounds, subjects) { _, server, loop in
            try FanoutRun.run(run, against: server, on: loop).wait()
        }
        let report = Report(
            title: """
                \(Self.name): \(settings.clients) clients, \(settings.count) messages of \(settings.size) bytes, \
                window \(settings.window), \(settings.inFlight) in flight, acknowledged by \(settings.ackStyle.rawValue)
                """,
            settings: settings,
            cores: measurement.cores,
            rounds: rounds,
            baseline: subjects.count > 1 ? subjects.last?.name : nil
        )
        return judge(report, subjects.map(\.name))
    }

    private func judge(_ report: Report<Settings, FanoutFigures>, _ names: [String]) -> Outcome {
        var outcome = Outcome()
        outcome.add(report)
        let measured = report.figures(of: names[0])
        outcome.add(.none(Self.name, "messages lost, or come twice", found: measured.reduce(0) { $0 + $1.wrong }))
        if let other = names.dropFirst().first {
            outcome.add(
                Criterion(
                    benchmark: Self.name,
                    what: "acknowledged deliveries/s by those of \(other), median",
                    kind: .performance,
                    found: report.median(FanoutFigures.rate, of: names[0]),
                    bound: .atLeast(Self.ratioToReach)
                )
            )
        } else {
            outcome.add(
                Criterion(
                    benchmark: Self.name,
                    what: "acknowledged deliveries/s, median",
                    kind: .performance,
                    found: measured.map(\.deliveriesPerSecond).median?.rounded(),
                    bound: .atLeast(Double(settings.target))
                )
            )
        }
        if let generator = measured.map(\.generatorBusy).median, let server = measured.compactMap(\.serverBusy).median {
            outcome.note("\(Self.name): \(Self.pace(generator: generator, server: server))")
        }
        return outcome
    }

    /// Who sets the pace; both in processor time by time.
    private static func pace(generator: Double, server: Double) -> String {
        let verdict =
            if max(generator, server) < 0.9 {
                "neither was busy all the time, so the figure is a lower bound"
            } else if generator > server {
                "the generator set the pace, so the figure is a lower bound"
            } else {
                "the server set the pace"
            }
        return "\(verdict): the generator used \(percent(generator)) of its core, the server \(percent(server))"
    }

    private var setup: ServerSetup {
        var options: [ServerSetup.Option] = [
            ("deliveryMode", "AT_LEAST_ONCE"),
            ("overflowAction", "REJECT_NEW"),
            ("maxQueuedMessagesPerClient", String(Self.queue)),
            ServerSetup.anyBytes,
            ("maxInFlight", String(settings.inFlight)),
            // Long, so that what is sent again was not late but lost.
            ("ackTimeoutMs", "30000"),
            ("maxRetries", "3"),
        ]
        if settings.ackStyle != .event { options.append(("ackStyle", settings.ackStyle.rawValue)) }
        let address = TopicAddress.alerts
        return ServerSetup(
            namespaces: [
                ServerSetup.Namespace(path: address.namespace, topics: [address.topic], options: options)
            ],
            options: ServerSetup.noHeartbeat
        )
    }
}
