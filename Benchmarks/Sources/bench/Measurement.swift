import Foundation
import NIOCore
import NIOPosix

/// Runs rounds, each with a fresh server, and of several servers each in turn: A B A B, so that what else the machine
/// does meets both alike. Used from the main thread.
struct Measurement {
    struct Round<Figures: Codable & Sendable>: Encodable {
        var round: Int
        var server: String
        var figures: Figures
    }

    /// Nil if nothing is bound to a core.
    let cores: Cores?
    private let servers: [(name: String, command: ServerCommand)]

    /// Finds the servers and moves this process to its core.
    init(_ options: MeasureOptions, clients: Int) throws {
        Leftovers.removeOnSignals()
        try OpenFiles.raiseLimit(forClients: clients)
        servers = try Self.servers(options)
        for server in servers { try server.command.check() }
        cores = try Self.cores(options.cores)
        try cores?.moveGenerator()
    }

    func run<Figures>(
        rounds: Int,
        _ measure: (RunningServer, any EventLoop) throws -> Figures
    ) throws -> [Round<Figures>] {
        // Made here, after the move: threads begin on the core of the one that makes them.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        var done: [Round<Figures>] = []
        for round in 1...rounds {
            for (name, command) in servers {
                sayError("round \(round) of \(rounds): \(name)")
                let figures = try RunningServer.with(command, cores: cores, group: group) { server in
                    try measure(server, group.next())
                }
                done.append(Round(round: round, server: name, figures: figures))
            }
        }
        return done
    }

    private static func servers(_ options: MeasureOptions) throws -> [(String, ServerCommand)] {
        let first = try options.server.map { ServerCommand.streamfence(path: $0) } ?? ServerCommand.builtServer()
        guard let second = options.against.map({ ServerCommand(against: $0) }) else { return [(first.name, first)] }
        let name = second.name == first.name ? "\(second.name) (against)" : second.name
        return [(first.name, first), (name, second)]
    }

    private static func cores(_ option: String?) throws -> Cores? {
        if option == "none" { return nil }
        switch Cores.choose() {
        case .success(let chosen):
            return option.flatMap { Cores($0) } ?? chosen
        case .failure(let reason):
            if option != nil { throw BenchmarkError("--cores: \(reason)") }
            sayError("not bound to cores, figures will scatter: \(reason)")
            return nil
        }
    }
}

/// Writes a line to standard error; standard output is for the report.
func sayError(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
}
