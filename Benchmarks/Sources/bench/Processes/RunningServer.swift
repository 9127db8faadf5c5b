import Foundation
import NIOCore
import NIOPosix

/// A server that accepts connections. Used from the main thread, but for what is `Sendable`.
struct RunningServer: Sendable {
    /// How long a server may take to accept connections, in milliseconds.
    private static let patience: Int32 = 20_000

    let port: Int
    let figures: ProcessFigures

    /// Starts a server, runs `body` with it, and kills it.
    static func with<Result>(
        _ command: ServerCommand,
        cores: Cores?,
        group: any EventLoopGroup,
        _ body: (RunningServer) throws -> Result
    ) throws -> Result {
        let (process, port) =
            switch command {
            case .streamfence(let path): try startStreamFence(path, cores)
            case .template(let text): try start(text, cores, group)
            }
        defer { process.kill() }
        return try body(RunningServer(port: port, figures: ProcessFigures(pid: process.pid)))
    }

    /// Starts `streamfence serve`, which chooses its port and says so.
    private static func startStreamFence(_ path: String, _ cores: Cores?) throws -> (ChildProcess, port: Int) {
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
            process.kill()
            throw BenchmarkError("expected a line \"listening NAME URL\" from \(path), found \(line ?? "none")")
        }
        return (process, port)
    }

    /// The queue is deeper than the generator's window, so that nothing has to be dropped.
    private static let configuration = """
        servers:
          benchmark:
            host: 127.0.0.1
            port: 0
            namespaces:
              - path: \(MessageFormat.namespace)
                topics: [\(MessageFormat.topic)]
                overflowAction: DROP_OLDEST
                maxQueuedMessagesPerClient: \(FanoutSettings.laneDepth)
                maxQueuedBytesPerClient: 1073741824

        """

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
