import Foundation
import NIOCore
import NIOPosix

/// What is measured in a round: a server, set up in one way.
struct Subject: Sendable {
    /// Its own among those it is measured in turn with.
    var name: String
    var command: ServerCommand
    var setup: ServerSetup
}

/// Runs rounds, each with a fresh server, and of several subjects each in turn: A B A B, so that what else the machine
/// does meets all alike. Used from the main thread.
struct Measurement {
    struct Round<Figures: Codable & Sendable>: Encodable {
        var round: Int
        var subject: String
        var figures: Figures
    }

    /// Nil if nothing is bound to a core.
    let cores: Cores?
    private let servers: [(name: String, command: ServerCommand)]

    /// Finds the servers and moves this process to its core.
    ///
    /// - Parameters:
    ///   - against: what `--against` says.
    ///   - clients: the most connections at once.
    init(_ options: MeasureOptions, against: String? = nil, clients: Int) throws {
        Leftovers.removeOnSignals()
        try OpenFiles.raiseLimit(forClients: clients)
        servers = try Self.servers(options.server, against)
        for server in servers { try server.command.check() }
        cores = try Self.cores(options.cores)
        try cores?.moveGenerator()
    }

    /// The server to measure and, if there is one, that which it is compared with.
    func subjects(_ setup: ServerSetup) -> [Subject] {
        servers.map { Subject(name: $0.name, command: $0.command, setup: setup) }
    }

    /// The server to measure, set up in some way.
    func subject(_ name: String, _ setup: ServerSetup) -> Subject {
        Subject(name: name, command: servers[0].command, setup: setup)
    }

    /// - Parameter measure: measures the subject of this index.
    func run<Figures>(
        rounds: Int,
        _ subjects: [Subject],
        _ measure: (Int, RunningServer, any EventLoop) throws -> Figures
    ) throws -> [Round<Figures>] {
        // Made here, after the move: threads begin on the core of the one that makes them.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        var done: [Round<Figures>] = []
        for round in 1...rounds {
            for (index, subject) in subjects.enumerated() {
                sayError("round \(round) of \(rounds): \(subject.name)")
                let figures = try RunningServer.with(subject.command, subject.setup, cores: cores, group: group) {
                    try measure(index, $0, group.next())
                }
                done.append(Round(round: round, subject: subject.name, figures: figures))
            }
        }
        return done
    }

    private static func servers(_ server: String?, _ against: String?) throws -> [(String, ServerCommand)] {
        let first = try server.map { ServerCommand.streamfence(path: $0) } ?? ServerCommand.builtServer()
        guard let second = against.map({ ServerCommand(against: $0) }) else { return [(first.name, first)] }
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
