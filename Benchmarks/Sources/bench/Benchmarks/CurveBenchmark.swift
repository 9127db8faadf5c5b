/// Does a delivery cost more when there is more of what it should not depend on? Measures the server's processor time
/// per delivery at several points of a dimension, in turn, and compares with the first.
struct CurveBenchmark {
    enum Dimension: String, Codable, CaseIterable, Sendable {
        /// The length of queues that are full, as their clients do not read.
        case queueDropOldest = "queue-drop-oldest"
        case queueCoalesce = "queue-coalesce"
        /// Topics of the namespace that nobody subscribes to, and that all clients do.
        case topics
        case topicsSubscribed = "topics-subscribed"
        /// Clients in another namespace.
        case otherClients = "other-clients"
    }

    struct Settings: Codable, Sendable {
        var dimensions = Dimension.allCases
        /// Messages of a round.
        var count = 20_000
        /// Of a payload, in bytes.
        var size = 100
        var queues = [16, 256, 4096]
        var topics = [1, 100, 1000]
        var otherClients = [0, 1000, 5000]
        var rounds = 5

        /// The most connections that are open at once.
        var mostClients: Int { (otherClients.max() ?? 0) + CurveBenchmark.clients + 1 }

        static let quick = Settings(
            count: 200,
            queues: [16, 64],
            topics: [1, 20],
            otherClients: [0, 20],
            rounds: 1
        )
    }

    static let name = "curve"
    /// What a delivery may cost by what it costs at the first point.
    private static let limit = 1.25
    fileprivate static let clients = 8
    private static let paused = 4
    /// So small that queues of the shortest length hold it, and the same at all points.
    private static let window = 8

    let settings: Settings

    func run(_ measurement: Measurement) throws -> Outcome {
        var outcome = Outcome()
        for dimension in settings.dimensions { outcome.add(try run(dimension, measurement)) }
        return outcome
    }

    private func run(_ dimension: Dimension, _ measurement: Measurement) throws -> Outcome {
        let points = points(dimension)
        let subjects = points.map { measurement.subject($0.name, $0.setup) }
        let rounds = try measurement.run(rounds: settings.rounds, subjects) { index, server, loop in
            try FanoutRun.run(points[index].run, against: server, on: loop).wait()
        }
        let benchmark = "\(Self.name) \(dimension.rawValue)"
        let report = Report(
            title: "\(benchmark): \(Self.clients) clients, \(settings.count) messages of \(settings.size) bytes",
            settings: settings,
            cores: measurement.cores,
            rounds: rounds,
            baseline: points.first?.name
        )
        var outcome = Outcome()
        outcome.add(report)
        let wrong = rounds.reduce(0) { $0 + $1.figures.wrong }
        outcome.add(.none(benchmark, "messages lost, or come twice", found: wrong))
        for point in points.dropFirst() {
            outcome.add(
                Criterion(
                    benchmark: benchmark,
                    what: "CPU per delivery with \(point.name) by that with \(points[0].name), median",
                    kind: .performance,
                    found: report.median(FanoutFigures.cost, of: point.name),
                    bound: .atMost(Self.limit)
                )
            )
        }
        return outcome
    }
}

// MARK: - Points

extension CurveBenchmark {
    private struct Point {
        var name: String
        var run: FanoutSettings
        var setup: ServerSetup
    }

    private func points(_ dimension: Dimension) -> [Point] {
        switch dimension {
        case .queueDropOldest: settings.queues.map { queue($0, "DROP_OLDEST") }
        case .queueCoalesce: settings.queues.map { queue($0, "COALESCE") }
        case .topics: settings.topics.map { topics($0, subscribed: false) }
        case .topicsSubscribed: settings.topics.map { topics($0, subscribed: true) }
        case .otherClients: settings.otherClients.map { otherClients($0) }
        }
    }

    /// Half of the clients read nothing, and each message finds their queues full. With COALESCE it has a key that no
    /// queued message has.
    private func queue(_ length: Int, _ action: String) -> Point {
        var run = base
        run.stage.smallBuffers = Self.paused
        run.paused = Self.paused
        // The longest queue, and as much again and more for what the kernel and the transport take of small messages.
        run.fill = 2 * (settings.queues.max() ?? 0) + 2_000
        run.hasKeys = action == "COALESCE"
        run.laneDepth = min(run.laneDepth, settings.queues.min() ?? run.laneDepth)
        let setup = setup([TopicAddress.snapshot.topic], action, queue: length)
        return Point(name: "queues of \(length)", run: run, setup: setup)
    }

    private func topics(_ count: Int, subscribed: Bool) -> Point {
        let others = (1..<max(1, count)).map { "topic\($0)" }
        var run = base
        run.stage.moreTopics = subscribed ? others : []
        let setup = setup([TopicAddress.snapshot.topic] + others, "DROP_OLDEST", queue: 256)
        return Point(name: count == 1 ? "1 topic" : "\(count) topics", run: run, setup: setup)
    }

    private func otherClients(_ count: Int) -> Point {
        var run = base
        run.stage.bystanders = count
        var setup = setup([TopicAddress.snapshot.topic], "DROP_OLDEST", queue: 256)
        let other = run.stage.bystandersAddress
        setup.namespaces.append(ServerSetup.Namespace(path: other.namespace, topics: [other.topic], options: []))
        return Point(name: "\(count) other clients", run: run, setup: setup)
    }

    private var base: FanoutSettings {
        FanoutSettings(
            stage: StageSettings(address: .snapshot, subscribers: Self.clients, size: settings.size),
            count: settings.count,
            window: Self.window,
            fill: min(2_000, settings.count)
        )
    }

    private func setup(_ topics: [String], _ action: String, queue: Int) -> ServerSetup {
        ServerSetup(
            namespaces: [
                ServerSetup.Namespace(
                    path: TopicAddress.snapshot.namespace,
                    topics: topics,
                    options: [
                        ("overflowAction", action),
                        ("maxQueuedMessagesPerClient", String(queue)),
                        ServerSetup.anyBytes,
                    ]
                )
            ],
            options: ServerSetup.noHeartbeat
        )
    }
}
