import StreamFenceBuiltin
import StreamFencePluginKit
import Synchronization
import Testing

@Suite("Metrics in the log")
struct LogSinkTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        func add(_ line: String) { lines.withLock { $0.append(line) } }

        /// Those since the last time.
        func take() -> [String] {
            lines.withLock { lines in
                defer { lines = [] }
                return lines
            }
        }
    }

    @Test("Only what has changed is written, a counter with what it gained")
    func changes() {
        let lines = Lines()
        let sink = LogSink { lines.add($0) }
        func export(_ dropped: Double, _ held: Double) -> [String] {
            sink.export(
                MetricsSnapshot(samples: [
                    .counter("dropped_total", dropped, ["topic": "a"]), .counter("dropped_total", 0, ["topic": "b"]),
                    .gauge("held", held),
                ])
            )
            return lines.take()
        }
        #expect(export(0, 0) == [])
        #expect(export(5, 3) == [#"dropped_total{topic="a"} 5 (+5)"#, "held 3"])
        #expect(export(5, 3) == [])
        #expect(export(7, 0) == [#"dropped_total{topic="a"} 7 (+2)"#, "held 0"])
    }

    @Test(
        "Without a place of its own it writes to the log of the server it is called for",
        arguments: LogSink.Level.allCases
    )
    func serverLog(level: LogSink.Level) {
        let lines = Lines()
        PluginLog.$linked.withValue(LinkedLog { lines.add("\($0) \($1)") }) {
            LogSink(level: level).export(MetricsSnapshot(samples: [.gauge("held", 1)]))
        }
        #expect(lines.take() == ["\(level.rawValue) held 1"])
    }
}
