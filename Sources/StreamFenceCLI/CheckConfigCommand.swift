import ArgumentParser
import Logging

/// `streamfence check-config`: says what is wrong with a configuration file.
struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Check a configuration file: every problem with its line, exit code 78 if there is one."
    )

    @Argument(help: "The configuration file: .yaml, .yml or .json.")
    var file: String

    func run() throws {
        let logger = Logger(label: "streamfence") { StreamLogHandler.standardError(label: $0) }
        for server in try loadConfiguration(file, logger).servers {
            let namespaces = server.namespaces.map(\.path).joined(separator: ", ")
            Console.output("\(server.name): \(server.host):\(server.port), namespaces \(namespaces)")
        }
    }
}
