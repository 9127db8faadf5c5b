import NIOCore

/// One round of idle connections: opens them, lets each join the namespace, and reads the server's memory before and
/// after. Belongs to one event loop.
final class IdleRun {
    private let clients: Int
    private let server: ProcessFigures
    private let loop: any EventLoop
    private let crowd: Crowd
    private let watch: StallWatch
    private let result: EventLoopPromise<IdleFigures>
    private var start: UInt64 = 0
    private var residentBefore: Int?
    private var isOver = false

    private init(_ clients: Int, _ server: RunningServer, _ loop: any EventLoop) {
        self.clients = clients
        self.server = server.figures
        self.loop = loop
        crowd = Crowd(server.endpoint, loop: loop)
        watch = StallWatch(loop: loop)
        result = loop.makePromise()
    }

    /// Runs a round; succeeds when all connections are closed again.
    static func run(
        clients: Int,
        against server: RunningServer,
        on loop: any EventLoop
    ) -> EventLoopFuture<IdleFigures> {
        loop.flatSubmit { IdleRun(clients, server, loop).run() }
    }

    private func run() -> EventLoopFuture<IdleFigures> {
        start = NIODeadline.now().uptimeNanoseconds
        residentBefore = server.residentKiB()
        watch.start(progress: { self.crowd.joinedCount }, stalled: { self.stalled() })
        let idle = (0..<clients).map { _ in
            Bystander(
                ConnectionSettings(namespace: TopicAddress.snapshot.namespace),
                whenJoined: { self.crowd.joined($0) },
                whenLost: { self.finish(.failure($0)) }
            )
        }
        crowd.open(idle) { self.finish(.success(self.figures())) }
        return result.futureResult
    }

    private func figures() -> IdleFigures {
        let seconds = Double(NIODeadline.now().uptimeNanoseconds - start) / 1e9
        let residentAfter = server.residentKiB()
        let growth = residentAfter.flatMap { after in residentBefore.map { after - $0 } }
        return IdleFigures(
            connections: clients,
            seconds: seconds,
            connectionsPerSecond: Double(clients) / seconds,
            residentBeforeKiB: residentBefore,
            residentAfterKiB: residentAfter,
            residentKiBPerConnection: growth.map { Double($0) / Double(clients) }
        )
    }

    private func stalled() {
        finish(.failure(BenchmarkError("\(crowd.joinedCount) of \(clients) connections joined, then no more")))
    }

    private func finish(_ outcome: Result<IdleFigures, any Error>) {
        guard !isOver else { return }
        isOver = true
        watch.stop()
        let result = result
        crowd.close().whenComplete { _ in result.completeWith(outcome) }
    }
}
