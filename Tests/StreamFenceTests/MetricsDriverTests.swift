import Dispatch
import NIOCore
import NIOEmbedded
import StreamFenceDelivery
import StreamFencePluginKit
import StreamFenceTestClient
import Synchronization
import Testing

@testable import StreamFence

@Suite("Handing metrics to sinks")
struct MetricsDriverTests {
    @Test("A sink gets a snapshot each interval, and one more at the end")
    func interval() {
        let stage = Stage(sinks: 1)
        stage.pass(.seconds(9))
        #expect(stage.sinks[0].takeExports() == [])
        stage.pass(.seconds(1))
        stage.pass(.seconds(10))
        #expect(stage.sinks[0].takeExports() == [1, 2])

        let finished = stage.finish()
        stage.runAll()
        #expect(stage.sinks[0].takeExports() == [3])
        #expect(stage.isComplete(finished) == [true])
        stage.pass(.seconds(60))
        #expect(stage.sinks[0].takeExports() == [])
    }

    @Test("A sink that is busy misses snapshots, which are counted, and holds up no other")
    func busy() {
        let stage = Stage(sinks: 2)
        stage.pass(.seconds(10), running: [1])
        stage.pass(.seconds(10), running: [1])
        stage.pass(.seconds(10), running: [1])
        #expect(stage.sinks.map { $0.takeExports() } == [[], [1, 2, 3]])
        #expect(stage.driver.exporters.map(\.missed) == [2, 0])

        // One snapshot, taken when its time has come, and not those it missed.
        stage.runAll()
        #expect(stage.sinks[0].takeExports() == [4])
        stage.pass(.seconds(10))
        #expect(stage.sinks[0].takeExports().count == 1)
    }

    @Test("At the end a busy sink gets the last snapshot after the one it is at")
    func lastAfterBusy() {
        let stage = Stage(sinks: 1)
        stage.pass(.seconds(10), running: [])
        let finished = stage.finish()
        #expect(stage.isComplete(finished) == [false])
        stage.runAll()
        #expect(stage.sinks[0].takeExports() == [1, 2])
        #expect(stage.isComplete(finished) == [true])
    }

    @Test("A sink that never comes back is not waited for, and gets nothing more once it does")
    func abandoned() {
        let stage = Stage(sinks: 1)
        stage.pass(.seconds(10), running: [])
        let finished = stage.finish()
        stage.driver.stop()
        #expect(stage.isComplete(finished) == [true])
        stage.runAll()
        #expect(stage.sinks[0].takeExports() == [1])
    }

    @Test("An export that fails is counted and told, and the next one is made all the same")
    func failures() {
        let stage = Stage(sinks: 1)
        stage.sinks[0].fails.store(true, ordering: .relaxed)
        stage.pass(.seconds(10))
        stage.pass(.seconds(10))
        #expect(stage.driver.exporters[0].failures == 2)
        #expect(stage.failures.count == 2)
        stage.sinks[0].fails.store(false, ordering: .relaxed)
        stage.pass(.seconds(10))
        #expect(stage.sinks[0].takeExports().count == 1)
        #expect(stage.driver.exporters[0].failures == 2)
    }

    @Test("A server whose sink blocks delivers and stops all the same, and says what was missed")
    func blockedInAServer() async throws {
        let sink = BlockingSink()
        defer { sink.letGo() }
        var registry = PluginRegistry.builtin
        try registry.register([.metricsSink("blocking") { _ in sink }])
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0, namespaces: [feed()])
        configuration.metrics = [PluginChoice(use: "blocking")]
        configuration.metricsInterval = .milliseconds(100)
        let server = try StreamFenceServer(
            configuration: configuration,
            registry: registry,
            logger: quiet,
            eventLoopGroup: loops
        )
        try await server.start()
        let client = try await server.subscriber(to: "snapshot")
        await sink.isEntered()
        try server.publish("/feed", "snapshot", 1)
        #expect(try await client.packet() == #"2/feed,["snapshot",1]"#)
        try await server.stop(waitingForListeners: .seconds(2), forSinks: .milliseconds(1))
        #expect(!server.isServing)
    }

    @Test("A server's sinks are told the final counts")
    func finalCounts() async throws {
        let sink = Recording()
        var registry = PluginRegistry.builtin
        try registry.register([.metricsSink("recording") { _ in sink }])
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0, namespaces: [feed()])
        configuration.metrics = [PluginChoice(use: "recording")]
        configuration.metricsInterval = .seconds(1000)
        let server = try StreamFenceServer(
            configuration: configuration,
            registry: registry,
            logger: quiet,
            eventLoopGroup: loops
        )
        try await server.start()
        let client = try await server.subscriber(to: "snapshot")
        try server.publish("/feed", "snapshot", 1)
        _ = try await client.packet()
        try await server.stop(waitingForListeners: .seconds(2), forSinks: .seconds(60))
        let last = try #require(sink.last)
        #expect(last.number("streamfence_messages_delivered_total", topic: "snapshot") == 1)
        #expect(last.number("streamfence_connected_clients") == 0)
        #expect(last.number("streamfence_disconnections_total") == 1)
    }
}

/// Sinks whose threads are the test's own, and a clock that it moves.
private final class Stage {
    let sinks: [NumberingSink]
    let driver: MetricsDriver
    private let executors: [HandExecutor]
    private let eventLoop = EmbeddedEventLoop()
    private let told = Told()
    private let snapshots = Snapshots()

    var failures: [String] { told.failures.withLock { $0 } }

    private final class Told: Sendable {
        let failures = Mutex<[String]>([])
    }

    /// Numbers the snapshots by when they are taken.
    private final class Snapshots: Sendable {
        private let count = Atomic(0)

        func take() -> MetricsSnapshot {
            let number = count.wrappingAdd(1, ordering: .relaxed).newValue
            return MetricsSnapshot(
                samples: [MetricSample(name: "number", help: "", labels: [], value: .gauge(Double(number)))]
            )
        }
    }

    init(sinks count: Int) {
        sinks = (0..<count).map { _ in NumberingSink() }
        executors = sinks.map { _ in HandExecutor() }
        let told = told
        driver = MetricsDriver(
            exporters: zip(sinks, executors).map { sink, executor in
                MetricsExporter(name: "numbering", sink: sink, executor: executor) { error in
                    told.failures.withLock { $0.append("\(error)") }
                }
            },
            interval: .seconds(10)
        )
        driver.start(on: eventLoop) { [snapshots] in snapshots.take() }
    }

    /// Lets time pass, and the threads of these sinks run.
    func pass(_ time: TimeAmount, running: [Int]? = nil) {
        eventLoop.advanceTime(by: time)
        for index in running ?? Array(sinks.indices) { executors[index].runAll() }
    }

    func runAll() {
        executors.forEach { $0.runAll() }
    }

    func finish() -> [EventLoopFuture<Void>] {
        driver.finish(on: eventLoop) { [snapshots] in snapshots.take() }
    }

    func isComplete(_ futures: [EventLoopFuture<Void>]) -> [Bool] {
        futures.map { future in
            let isComplete = Mutex(false)
            future.whenComplete { _ in isComplete.withLock { $0 = true } }
            eventLoop.run()
            return isComplete.withLock { $0 }
        }
    }
}

/// A thread that runs when the test says so.
private final class HandExecutor: BlockingExecutor {
    private let work = Mutex<[@Sendable () -> Void]>([])

    func submit(_ work: @escaping @Sendable () -> Void) {
        self.work.withLock { $0.append(work) }
    }

    /// What it is given meanwhile included.
    func runAll() {
        while let next = work.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { next() }
    }
}

private final class NumberingSink: MetricsSink {
    struct Failure: Error {}

    let fails = Atomic(false)
    private let exports = Mutex<[Int]>([])

    func export(_ snapshot: MetricsSnapshot) throws {
        if fails.load(ordering: .relaxed) { throw Failure() }
        exports.withLock { $0 += snapshot.samples.map { Int($0.number) } }
    }

    func takeExports() -> [Int] {
        exports.withLock { exports in
            defer { exports = [] }
            return exports
        }
    }
}

/// Blocks its thread until it is let go.
private final class BlockingSink: MetricsSink {
    private let gate = DispatchSemaphore(value: 0)
    private let entered = AsyncStream.makeStream(of: Void.self)

    func export(_ snapshot: MetricsSnapshot) {
        entered.continuation.yield()
        gate.wait()
        gate.signal()
    }

    /// Returns once an export has begun.
    func isEntered() async {
        for await _ in entered.stream { return }
    }

    func letGo() {
        gate.signal()
    }
}

private final class Recording: MetricsSink {
    private let snapshot = Mutex<MetricsSnapshot?>(nil)

    var last: MetricsSnapshot? { snapshot.withLock { $0 } }

    func export(_ snapshot: MetricsSnapshot) {
        self.snapshot.withLock { $0 = snapshot }
    }
}

extension MetricsSnapshot {
    fileprivate func number(_ name: String, topic: String? = nil) -> Double? {
        samples.first { sample in
            sample.name == name && (topic == nil || sample.labels.contains { $0.name == "topic" && $0.value == topic })
        }?.number
    }
}
