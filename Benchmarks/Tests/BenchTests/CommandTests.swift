import Testing

@testable import bench

@Suite("Options")
struct CommandTests {
    @Test("Cores are two different numbers", arguments: ["", "0", "0,0", "a,b", "0,1,2", "0,"])
    func cores(text: String) {
        #expect(Cores(text) == nil)
        #expect(Cores("3,1")?.server == 3)
        #expect(Cores("3,1")?.generator == 1)
    }

    @Test("A command with {port} is a template, anything else a streamfence executable")
    func against() {
        #expect(ServerCommand(against: "/opt/limit {port}").name == "limit")
        #expect(ServerCommand(against: "/opt/streamfence").name == "streamfence")
        if case .template = ServerCommand(against: "/opt/streamfence") { Issue.record("expected no template") }
    }

    @Test("An executable that is not there is an error that says what to build")
    func noServer() {
        let error = #expect(throws: BenchmarkError.self) { try ServerCommand.streamfence(path: "/nowhere").check() }
        #expect(error?.description.contains("/nowhere") == true)
        #expect(error?.description.contains("swift build -c release") == true)
    }

    @Test(
        "Values out of range are refused",
        arguments: [
            ["--window", "257"], ["--window", "0"], ["--size", "63"], ["--clients", "0"], ["--cores", "1,1"],
            ["slow-client", "--clients", "1"], ["slow-client", "--variant", "no-such"], ["slow-client", "--rate", "0"],
            ["slow-client", "--against", "x"], ["at-least-once", "--window", "129"],
            ["at-least-once", "--in-flight", "129"], ["at-least-once", "--ack-style", "none"],
            ["spill", "--size", "999"], ["spill", "--count", "999"], ["spill", "--lag", "0"],
            ["curve", "--dimension", "no-such"], ["curve", "--rounds", "0"], ["all", "--rounds", "1"],
        ]
    )
    func ranges(arguments: [String]) {
        #expect(throws: (any Error).self) { try BenchCommand.parseAsRoot(arguments) }
    }

    @Test("Each loss makes a round fail", arguments: [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)])
    func losses(gaps: Int, duplicates: Int, missing: Int) {
        let figures = FanoutFigures(
            deliveries: 1,
            seconds: 1,
            deliveriesPerSecond: 1,
            latency: LatencyFigures(LatencyHistogram()),
            generatorBusy: 0,
            gaps: gaps,
            duplicates: duplicates,
            missing: missing
        )
        #expect((figures.losses == nil) == (gaps + duplicates + missing == 0))
    }
}
