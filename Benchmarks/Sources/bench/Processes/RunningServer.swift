import Foundation
import NIOCore
import NIOPosix

/// A server that accepts connections. Used from the main thread, but for what is `Sendable`.
struct RunningServer: Sendable {
    /// How long a server may take to accept connections, in milliseconds.
    private static let patience: Int32 = 20_000

    let endpoint: Endpoint
    let figures: ProcessFigures
    /// Where it spills to, if its setup asks for that.
    let spillFolder: String?

    /// Starts a server, runs `body` with it, and kills it.
    ///
    /// - Parameter setup: what a `streamfence` is to be; any other server is what its command makes it.
    static func with<Result>(
        _ command: ServerCommand,
        _ setup: ServerSetup,
        cores: Cores?,
        group: any EventLoopGroup,
        _ body: (RunningServer) throws -> Result
    ) throws -> Result {
        try withCertificate(setup) { certificate in
            guard let parent = setup.spillParent else {
                return try with(command, setup, nil, certificate, cores, group, body)
            }
            return try TemporaryFolder.with(in: parent) {
                try with(command, setup, $0, certificate, cores, group, body)
            }
        }
    }

    private static func withCertificate<Result>(
        _ setup: ServerSetup,
        _ body: (ServerCertificate?) throws -> Result
    ) throws -> Result {
        guard setup.isSecure else { return try body(nil) }
        return try TemporaryFolder.with(in: FileManager.default.temporaryDirectory.path) {
            try body(try ServerCertificate(in: $0))
        }
    }

    private static func with<Result>(
        _ command: ServerCommand,
        _ setup: ServerSetup,
        _ spillFolder: String?,
        _ certificate: ServerCertificate?,
        _ cores: Cores?,
        _ group: any EventLoopGroup,
        _ body: (RunningServer) throws -> Result
    ) throws -> Result {
        let (process, port) =
            switch command {
            case .streamfence(let path):
                try startStreamFence(path, setup.yaml(spillFolder: spillFolder, certificate: certificate), cores)
            case .template(let text): try start(text, cores, group)
            }
        defer { process.kill() }
        let figures = ProcessFigures(pid: process.pid)
        let endpoint = Endpoint(port: port, tls: try certificate?.trust())
        return try body(RunningServer(endpoint: endpoint, figures: figures, spillFolder: spillFolder))
    }

    /// Starts `streamfence serve`, which chooses its port and says so.
    private static func startStreamFence(
        _ path: String,
        _ configuration: String,
        _ cores: Cores?
    ) throws -> (ChildProcess, port: Int) {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID().uuidString).yaml")
            .path
        Leftovers.remember(file: file)
        defer { Leftovers.remove(file: file) }
        try configuration.write(toFile: file, atomically: false, encoding: .utf8)

        let command = (cores?.serverPrefix ?? []) + [path, "serve", "--config", file, "--log-level", "error"]
        let process = try ChildProcess(command, output: .piped)
        let line = process.readLine(within: patience)
        guard let line, line.hasPrefix("listening "), let port = line.split(separator: ":").last.flatMap({ Int($0) })
        else {
            // Nil also when its output has ended: then it is about to tell with its exit code.
            let code = line == nil && process.hasEnded(within: 0) ? process.waitForExit().exitCode : nil
            process.kill()
            throw notListening(path, line, exitCode: code)
        }
        return (process, port)
    }

    private static func notListening(_ path: String, _ line: String?, exitCode: Int32?) -> BenchmarkError {
        switch exitCode {
        case badConfiguration?:
            BenchmarkError(
                """
                \(path) refuses the configuration that this benchmark needs, with exit code \(badConfiguration) and the \
                reasons above: it does not have what is to be measured
                """
            )
        case let code?:
            BenchmarkError("expected a line \"listening NAME URL\" from \(path), which ended with exit code \(code)")
        case nil:
            BenchmarkError("expected a line \"listening NAME URL\" from \(path), found \(line ?? "none")")
        }
    }

    /// The exit code of `streamfence` for a configuration it can't obey.
    private static let badConfiguration: Int32 = 78

    /// Starts a command with a free port and tries to connect until it accepts.
    private static func start(
        _ template: String,
        _ cores: Cores?,
        _ group: any EventLoopGroup
    ) throws -> (ChildProcess, port: Int) {
        let port = try freePort(group)
        // `exec`, so that the process we know is the server and not the shell.
        let line = "exec " + template.replacingOccurrences(of: "{port}", with: String(port))
        let process = try ChildProcess((cores?.serverPrefix ?? []) + ["/bin/sh", "-c", line], output: .discarded)
        let deadline = NIODeadline.now() + .milliseconds(Int64(patience))
        while NIODeadline.now() < deadline {
            if let channel = try? ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port).wait() {
                try? channel.close().wait()
                return (process, port)
            }
            if process.hasEnded(within: 10) {
                process.kill()
                throw BenchmarkError("\"\(template)\" ended before it accepted a connection on port \(port)")
            }
        }
        process.kill()
        throw BenchmarkError("\"\(template)\" accepted no connection on port \(port) within \(patience / 1000) s")
    }

    private static func freePort(_ group: any EventLoopGroup) throws -> Int {
        let channel = try ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).wait()
        defer { try? channel.close().wait() }
        guard let port = channel.localAddress?.port else { throw BenchmarkError("the system gave no free port") }
        return port
    }
}

extension Int32 {
    /// What `waitpid` told, as an exit code; nil if a signal ended the process.
    fileprivate var exitCode: Int32? {
        self & 0x7F == 0 ? (self >> 8) & 0xFF : nil
    }
}
