import ArgumentParser
import StreamFenceHosting
import StreamFencePluginChecks
import StreamFencePluginKit

/// `streamfence plugins check`: whether a plugin keeps its contract.
struct CheckPluginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check whether a plugin does what its contract asks; exit code 1 if it does not.",
        discussion: """
            Runs the checks of each kind that the plugin offers: order, release and recovery of a spill store, \
            concurrency and time limits of a token validator, decisions of an overflow policy, a metrics sink under \
            load. A crash ends the command, with a line that names the call.
            """
    )

    @OptionGroup var plugin: PluginFileArgument

    @Option(help: ArgumentHelp("Check only the component of this name.", valueName: "name"))
    var use: String?

    @Option(help: ArgumentHelp("The options to make instances with, a JSON object.", valueName: "json"))
    var options: String = "{}"

    @Option(
        help: ArgumentHelp(
            "A token that a validator has to accept; may be given several times.",
            valueName: "token"
        )
    )
    var token: [String] = []

    @Option(help: "How long a validator may take to answer, in milliseconds.")
    var timeLimit: Int = 10_000

    func validate() throws {
        guard (1...3_600_000).contains(timeLimit) else {
            throw ValidationError("--time-limit: expected 1 to 3600000, found \(timeLimit)")
        }
    }

    func run() async throws {
        let options = try parsedOptions()
        let plugin = try plugin.load()
        let components = plugin.components.filter { use == nil || $0.name == use }
        guard !components.isEmpty else {
            let names = plugin.components.map(\.name).joined(separator: ", ")
            throw ValidationError("--use: expected one of \(names), found \(use ?? "")")
        }
        var failures = 0
        for component in components { failures += try await check(component, options) }
        Console.output(failures == 0 ? "all passed" : "\(failures) failed")
        if failures > 0 { throw ExitCode(1) }
    }

    /// - Returns: how many checks failed.
    private func check(_ component: PluginComponent, _ options: [String: PluginOption]) async throws -> Int {
        Console.output("\(component.kind.rawValue) \(component.name)")
        do {
            try component.check(options)
        } catch {
            throw Failure.configuration("--options: \(error)")
        }
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let settings = ContractCheckSettings(
            folder: folder.path,
            goodTokens: token,
            timeLimit: .milliseconds(timeLimit)
        )
        var failures = 0
        for check in ContractCheck.all(of: component, options: options, settings: settings) {
            if let violation = await check.violation() {
                failures += 1
                Console.output("  failed: \(check.name): \(violation)")
            } else {
                Console.output("  passed: \(check.name)")
            }
        }
        return failures
    }

    private func parsedOptions() throws -> [String: PluginOption] {
        do {
            return try Array(options.utf8).withUnsafeBytes { try PluginOption.options(json: $0) }
        } catch {
            throw ValidationError("--options: expected a JSON object, found \(options)")
        }
    }
}
