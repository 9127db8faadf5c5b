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
            concurrency, time limits and cancellation of a token validator, decisions of an overflow policy, a metrics \
            sink under load. A check fails, too, for what a server would only count: a call that throws where nobody is there \
            to hear of it, an answer that nobody waits for. A crash ends the command, with a line that names the call.
            """
    )

    @OptionGroup var plugin: PluginFileArgument

    @Option(help: ArgumentHelp("Check only the component of this name.", valueName: "name"))
    var use: String?

    @Option(
        help: ArgumentHelp(
            "Check only components of this kind: overflow-policy, token-validator, spill-store or metrics-sink.",
            valueName: "kind"
        )
    )
    var kind: PluginKind?

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

    @Option(
        help: """
            How long one check may take, in milliseconds, the time that it waits for a validator's answers not included. What \
            blocks for longer fails.
            """
    )
    var checkTimeLimit: Int = 60_000

    func validate() throws {
        for (option, value) in [("--time-limit", timeLimit), ("--check-time-limit", checkTimeLimit)] {
            guard (1...3_600_000).contains(value) else {
                throw ValidationError("\(option): expected 1 to 3600000, found \(value)")
            }
        }
    }

    func run() async throws {
        let options = try parsedOptions()
        let warnings = Warnings()
        let plugin = try plugin.load(warnings.logger())
        let ofKind = plugin.components.filter { kind == nil || $0.kind == kind }
        let components = ofKind.filter { use == nil || $0.name == use }
        guard !ofKind.isEmpty else {
            throw ValidationError("--kind: expected a kind of which the plugin offers something, found another")
        }
        guard !components.isEmpty else {
            let names = ofKind.map(\.name).joined(separator: ", ")
            throw ValidationError("--use: expected one of \(names), found \(use ?? "")")
        }
        var failures = 0
        for component in components { failures += try await check(component, of: plugin, options, warnings) }
        Console.output(failures == 0 ? "all passed" : "\(failures) failed")
        if failures > 0 { throw ExitCode(1) }
    }

    /// - Returns: how many checks failed.
    private func check(
        _ component: PluginComponent,
        of plugin: LoadedPlugin,
        _ options: [String: PluginOption],
        _ warnings: Warnings
    ) async throws -> Int {
        Console.output("\(component.kind.rawValue) \(component.name)")
        do {
            try component.check(options)
        } catch {
            throw Failure.configuration("--options: \(error)")
        }
        let folder = try ScratchFolder()
        defer { folder.remove() }
        warnings.listen(to: component)
        let settings = ContractCheckSettings(
            folder: folder.path,
            goodTokens: token,
            timeLimit: .milliseconds(timeLimit),
            checkLimit: .milliseconds(checkTimeLimit),
            host: { HostNotes(component, of: plugin, warnings) }
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

extension PluginKind: ExpressibleByArgument {
    /// As a word without spaces.
    public init?(argument: String) {
        guard let kind = Self.allCases.first(where: { $0.word == argument }) else { return nil }
        self = kind
    }

    /// For the help.
    public static var allValueStrings: [String] { allCases.map(\.word) }

    private var word: String { rawValue.replacing(" ", with: "-") }
}
