import ArgumentParser
import Logging
import StreamFence

/// `streamfence check-config`: says what is wrong with a configuration file.
struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Check a configuration file: every problem with its line, exit code 78 if there is one."
    )

    @Argument(help: "The configuration file: .yaml, .yml or .json.")
    var file: String

    @Option(
        help: ArgumentHelp(
            "Look only at the certificates and ports of this server, as serve does with the same option; may be given several times.",
            valueName: "name"
        )
    )
    var server: [String] = []

    func run() throws {
        let logger = Logger(label: "streamfence") { StreamLogHandler.standardError(label: $0) }
        let file = try loadConfiguration(file, logger)
        let servers = try file.servers.named(server)
        let problems = servers.flatMap { $0.certificateProblems() } + portClashes(servers, file.management)
        guard problems.isEmpty else { throw Failure.configuration(file.error(problems).description) }
        for server in servers {
            let namespaces = server.namespaces.map(\.path).joined(separator: ", ")
            Console.output("\(server.name): \(server.host):\(server.port), namespaces \(namespaces)")
        }
        if let management = file.management { Console.output("management: \(management.host):\(management.port)") }
    }
}
