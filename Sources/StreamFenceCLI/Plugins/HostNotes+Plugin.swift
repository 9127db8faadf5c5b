import Logging
import StreamFenceHosting
import StreamFencePluginChecks
import StreamFencePluginKit
import Synchronization

extension HostNotes {
    /// What the bridge has counted and said of a component so far.
    init(_ component: PluginComponent, of plugin: LoadedPlugin, _ warnings: Warnings) {
        let labels = ["kind": component.kind.rawValue.replacing(" ", with: "_"), "name": component.name]
        var (errors, lateAnswers) = (0, 0)
        for sample in plugin.metrics() {
            let isOfComponent = labels.allSatisfy { sample.labels.contains(MetricSample.Label(name: $0, value: $1)) }
            switch sample.name {
            case "streamfence_plugin_errors_total" where isOfComponent: errors += Int(sample.number)
            case "streamfence_plugin_late_answers_total": lateAnswers += Int(sample.number)
            default: break
            }
        }
        self.init(errors: errors, lastError: warnings.lastError, lateAnswers: lateAnswers)
    }
}

/// A log that remembers what the bridge says of a component's errors: of those that nobody is there to throw to, it is only there
/// that a reason is given.
final class Warnings: Sendable {
    private struct State {
        /// How the component is called in the log.
        var subject = ""
        var lastError: String?
    }

    private let state = Mutex(State())

    var lastError: String? { state.withLock(\.lastError) }

    /// What is heard from now on is of this component.
    func listen(to component: PluginComponent) {
        state.withLock { $0 = State(subject: "\(component.kind.rawValue) \(component.name)") }
    }

    fileprivate func hear(_ message: String) {
        // A decision that took long is no error.
        guard !message.contains(": decide: expected at most 50 microseconds, ") else { return }
        state.withLock { state in
            guard message.hasPrefix("\(state.subject) of ") || message.hasPrefix("\(state.subject): ") else { return }
            state.lastError = message
        }
    }

    /// To standard error, as ever.
    func logger() -> Logger {
        Logger(label: "streamfence") { Handler(warnings: self, output: StreamLogHandler.standardError(label: $0)) }
    }

    private struct Handler: LogHandler {
        let warnings: Warnings
        var output: StreamLogHandler

        func log(event: LogEvent) {
            if event.level == .warning { warnings.hear("\(event.message)") }
            output.log(event: event)
        }

        var metadata: Logger.Metadata {
            get { output.metadata }
            set { output.metadata = newValue }
        }

        var logLevel: Logger.Level {
            get { output.logLevel }
            set { output.logLevel = newValue }
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { output[metadataKey: key] }
            set { output[metadataKey: key] = newValue }
        }
    }
}
