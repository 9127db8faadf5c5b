#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Which core the server runs on, and which the generator. On one core they would take time from each other, and
/// wandering over several they lose their caches; either way a figure would say more about the scheduler than about
/// the server.
struct Cores: Encodable, Sendable {
    let server: Int
    let generator: Int

    /// Reads `"0,1"`: the server's core, the generator's core.
    init?(_ text: String) {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 2, let server = numbers[0], let generator = numbers[1], server != generator else {
            return nil
        }
        self.init(server: server, generator: generator)
    }

    private init(server: Int, generator: Int) {
        self.server = server
        self.generator = generator
    }

    /// The first and the last core this process may use, or why there are none to choose.
    static func choose() -> Result<Cores, BenchmarkError> {
        guard taskset != nil else { return .failure(BenchmarkError("there is no taskset on this machine")) }
        let status = systemFile("/proc/self/status") ?? ""
        let key = "Cpus_allowed_list:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(key) }) else {
            return .failure(BenchmarkError("the system does not tell which cores may be used"))
        }
        let allowed = line.dropFirst(key.count).split { !$0.isNumber }.compactMap { Int($0) }
        guard let first = allowed.first, let last = allowed.last, first != last else {
            return .failure(BenchmarkError("only one core may be used"))
        }
        return .success(Cores(server: first, generator: last))
    }

    /// What stands before the server's command.
    var serverPrefix: [String] { [Self.taskset ?? "taskset", "-c", String(server)] }

    /// Moves this thread, and those it starts from now on, to the generator's core.
    func moveGenerator() throws {
        let command = [Self.taskset ?? "taskset", "-c", "-p", String(generator), String(getpid())]
        let status = try ChildProcess(command, output: .discarded).waitForExit()
        guard status == 0 else {
            throw BenchmarkError(
                "can't run on core \(generator): \(command.joined(separator: " ")) failed; see --cores"
            )
        }
    }

    private static let taskset = executable(named: "taskset")
}

/// Where a program of this name lies in PATH.
func executable(named name: String) -> String? {
    let folders = getenv("PATH").map { String(cString: $0).split(separator: ":") } ?? []
    return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
}
