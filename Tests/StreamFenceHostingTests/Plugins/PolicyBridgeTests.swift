import Foundation
import StreamFencePluginKit
import Synchronization
import Testing

@testable import StreamFenceHosting

@Suite("Overflow policies of loaded plugins")
struct PolicyBridgeTests {
    @Test("A policy reads the lane, and gives a reason")
    func reading() throws {
        let policy = try Fixture("lane-reader.c").load().policy("lane-reader")
        guard case .reject(let reason?) = policy.decide() else {
            Issue.record("expected a rejection with a reason")
            return
        }
        #expect(
            reason == """
                cause=1 count=2 bytes=21 namespace=/feed topic=snapshot newest_of_newcomers_key=-2 \

                bytes=10 rank=0 key=a payload={} newest=0 \

                bytes=11 rank=1 key=none payload=[1] newest=1 \

                bytes=30 rank=-3 key= payload="new" newest=-1 \

                bytes=0 rank=0 key=none payload= newest=-1\u{20}
                """
        )
    }

    @Test("A policy is told the newest of the newcomer's key, or that there is none", arguments: [("a", 0), ("b", -1)])
    func told(key: String, place: Int) throws {
        let reader = try Fixture("lane-reader.c").load().policy("lane-reader")
        guard case .reject(let reason?) = reader.decide(key: key, isTold: true) else {
            Issue.record("expected a rejection with a reason")
            return
        }
        #expect(reason.contains("newest_of_newcomers_key=\(place) "))
    }

    @Test("A lane calls a policy by its function")
    func function() throws {
        let policy = try Fixture("good.c").load().policy("fixture")
        #expect(policy is any ForeignOverflowPolicy)
    }

    @Test("A policy ranks messages by payload and key, and tells an empty key from none")
    func ranking() throws {
        let policy = try Fixture("lane-reader.c").load().policy("lane-reader")
        let ranks = [nil, "", "ab"].map { key in
            Array("12345".utf8).withUnsafeBytes { policy.rank(payload: $0, key: key) }
        }
        #expect(ranks == [50, 51, 53])
    }

    @Test("A policy without rank ranks everything 0")
    func noRank() throws {
        let policy = try Fixture("good.c").load().policy("fixture")
        #expect(policy.rank(payload: UnsafeRawBufferPointer(start: nil, count: 0), key: nil) == 0)
        #expect(policy.decide() == .evictOldest(count: 1))
    }

    @Test(
        "A C++ exception and an action that is none become a decision that the core refuses, and a warning",
        arguments: [
            ("throws", "decide: C++ exception: no idea"),
            ("throws-number", "decide: C++ exception: of a type that is no std::exception"),
            ("unknown-action", "decide: expected an action of 0 to 6, found 99"),
            ("hosts-action", "decide: expected an action of 0 to 6, found 256"),
        ]
    )
    func undecided(name: String, message: String) throws {
        let lines = Lines()
        let fixture = try Fixture("policies.cpp")
        let plugin = try fixture.load(logger: lines.logger)
        let policy = try plugin.policy(name)
        for _ in 1...3 { #expect(policy.decide() == .evict(at: -1)) }
        #expect(lines.all.contains("warning: overflow policy \(name) of \(fixture.path): \(message)"))
        #expect(plugin.metrics().filter { $0.name == "streamfence_plugin_errors_total" }.map(\.number).max() == 3)
    }

    @Test("An index beyond everything becomes one that the core refuses")
    func farIndex() throws {
        let policy = try Fixture("policies.cpp").load().policy("far-index")
        guard case .evict(at: ..<0) = policy.decide() else {
            Issue.record("expected an index that no queue has")
            return
        }
    }

    @Test("A rank that throws is 0")
    func throwingRank() throws {
        let policy = try Fixture("policies.cpp").load().policy("throws")
        #expect(policy.rank(payload: UnsafeRawBufferPointer(start: nil, count: 0), key: nil) == 0)
    }

    @Test("A reason that fills its room to the end is taken as far as it goes")
    func unterminated() throws {
        let policy = try Fixture("policies.cpp").load().policy("unterminated")
        #expect(policy.decide() == .reject(reason: String(repeating: "a", count: 1024)))
    }

    @Test("A decision that takes too long is warned of")
    func slow() throws {
        let lines = Lines()
        let fixture = try Fixture("policies.cpp")
        let policy = try fixture.load(logger: lines.logger).policy("slow")
        _ = policy.decide()
        #expect(lines.all.count == 1)
        let start = "warning: overflow policy slow of \(fixture.path): decide: expected at most 50 microseconds, found "
        #expect(lines.all.first?.hasPrefix(start) == true)
    }

    @Test("A trouble is warned of once in ten seconds, whatever other trouble there is")
    func warnings() {
        let time = Mutex(ContinuousClock.now)
        let metrics = PluginMetrics { time.withLock { $0 } }
        #expect(metrics.isDue(.slow))
        #expect(!metrics.isDue(.slow))
        #expect(metrics.isDue(.failing))
        time.withLock { $0 += .seconds(9.9) }
        #expect(!metrics.isDue(.slow))
        time.withLock { $0 += .seconds(0.1) }
        #expect(metrics.isDue(.slow))
    }

    @Test("Of 64 decisions the first is timed, and all are counted")
    func timing() throws {
        let plugin = try Fixture("good.c").load()
        let policy = try plugin.policy("fixture")
        for _ in 1...65 { _ = policy.decide() }
        #expect(plugin.count("calls") == 65)
        let timed = plugin.metrics().first { $0.name == "streamfence_plugin_call_seconds" }
        guard case .histogram(let histogram) = timed?.value else {
            Issue.record("expected a histogram")
            return
        }
        #expect(histogram.count == 2)
    }

    @Test("Threads beyond those that count by themselves decide as others do, and are counted")
    func manyThreads() throws {
        let plugin = try Fixture("policies.cpp").load()
        let policy = try plugin.policy("throws")
        let decisions = Mutex<[OverflowDecision]>([])
        let ended = DispatchGroup()
        // More than SF_SHIM_PLACES.
        for _ in 1...100 {
            ended.enter()
            Thread.detachNewThread {
                // Decided outside the lock, so that many do at once.
                let own = [policy.decide(), policy.decide()]
                decisions.withLock { $0 += own }
                ended.leave()
            }
        }
        ended.wait()
        #expect(decisions.withLock { $0 } == Array(repeating: .evict(at: -1), count: 200))
        for counted in ["calls", "errors"] {
            let counts = plugin.metrics().filter { $0.name == "streamfence_plugin_\(counted)_total" }.map(\.number)
            #expect(counts.max() == 200)
        }
    }

    @Test("Of decisions and ranks in turn, one in 64 of each is timed")
    func timingInTurn() throws {
        let plugin = try Fixture("policies.cpp").load()
        let policy = try plugin.policy("throws-at-rank")
        for _ in 1...65 {
            _ = policy.rank(payload: UnsafeRawBufferPointer(start: nil, count: 0), key: nil)
            _ = policy.decide()
        }
        let timed = plugin.metrics().compactMap { sample -> UInt64? in
            guard sample.name == "streamfence_plugin_call_seconds", case .histogram(let found) = sample.value else {
                return nil
            }
            return found.count
        }
        #expect(timed.max() == 4)
    }

    @Test("A crash is reported with the plugin and the call, and then ends the process as ever")
    func crash() async throws {
        let result = await #expect(processExitsWith: .signal(SIGSEGV), observing: [\.standardErrorContent]) {
            _ = try Fixture("policies.cpp").load().policy("crashes").decide()
        }
        let text = try #require(result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) })
        #expect(text.contains("streamfence: SIGSEGV inside the plugin "))
        #expect(text.contains("/policies.so, in decide of overflow policy crashes\n"))
    }

    @Test("Instances go with what uses them")
    func lifetime() throws {
        let plugin = try Fixture("good.c").load()
        var policy: (any OverflowPolicy)? = try plugin.policy("fixture")
        #expect(plugin.origin.instances.load(ordering: .relaxed) == 1)
        _ = policy?.decide()
        policy = nil
        #expect(plugin.origin.instances.load(ordering: .relaxed) == 0)
    }

    @Test("A plugin is cleaned up once, and not while an instance of it exists")
    func cleanup() throws {
        let lines = Lines()
        let plugin = try Fixture("cleanup.c").load(logger: lines.logger)
        var policy: (any OverflowPolicy)? = try plugin.policy("fixture")
        LoadedPlugin.cleanUpAll(patience: .zero)
        #expect(lines.all == ["warning: not cleaned up: instances of the plugin still exist"])
        _ = policy?.decide()
        policy = nil
        LoadedPlugin.cleanUpAll()
        LoadedPlugin.cleanUpAll()
        // One line, whatever the plugin writes.
        #expect(lines.all.dropFirst() == ["warning: tidy\\n"])
    }
}
