import ArgumentParser
import Foundation
import StreamFenceBuiltin
import StreamFenceHosting
import StreamFencePluginKit

/// What an overflow costs a full lane, decided by a policy that is linked into the program and by the same one loaded from
/// `libstreamfence_builtin.so`: in turn, so that both meet the same machine.
@main
struct DecisionBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures what an overflow costs, decided by a linked policy and by a loaded one.",
        discussion: """
            Each figure is nanoseconds an overflow, the whole way through the lane, median of the rounds; the difference is what \
            the plugin boundary costs. With --library any plugin's policies can be measured, and the share of the decision is \
            seen by a lane of another length. Exit code 1 if a difference is more than --limit.
            """
    )

    @Option(help: ArgumentHelp("Overflows in a round.", valueName: "number"))
    var count = 1_000_000

    @Option(help: ArgumentHelp("Rounds of each policy.", valueName: "number"))
    var rounds = 11

    @Option(help: ArgumentHelp("Messages that the lane holds.", valueName: "number"))
    var messages = 128

    @Option(help: ArgumentHelp("The most that a loaded policy may cost more, in nanoseconds.", valueName: "ns"))
    var limit = 10.0

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Policies that decide at every overflow, and neither empty the lane nor spill.",
            valueName: "name"
        )
    )
    var policy = ["reject-new", "drop-oldest", "coalesce"]

    @Option(help: ArgumentHelp("The options of the policies.", valueName: "JSON"))
    var options = "{}"

    @Option(
        help: ArgumentHelp("The library (default: \(BuiltinLibrary.name) beside this executable).", valueName: "path")
    )
    var library: String?

    func validate() throws {
        for (name, value) in [("--count", count), ("--rounds", rounds), ("--messages", messages)] where value < 1 {
            throw ValidationError("\(name): expected at least 1, found \(value)")
        }
    }

    func run() throws {
        let options = try Array(options.utf8).withUnsafeBytes { try PluginOption.options(json: $0) }
        let library = library.map { URL(filePath: $0) } ?? Self.libraryBesideExecutable
        let folder = library.deletingLastPathComponent().path
        let loaded = try PluginLoader().load(library.path, in: folder).components
        var isWithinLimit = true
        print("policy                linked ns  loaded ns  difference ns")
        for name in policy {
            guard let other = try loaded.policy(name, options) else {
                throw ValidationError("expected the overflow policy \(name) in \(library.path), found none")
            }
            let costs = compare(try Builtin.components.policy(name, options), other)
            print(name.padding(toLength: 20, withPad: " ", startingAt: 0), costs.columns)
            if let difference = costs.difference, difference > limit { isWithinLimit = false }
        }
        if !isWithinLimit { throw ExitCode(1) }
    }

    private static var libraryBesideExecutable: URL {
        let executable = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
        return executable.resolvingSymlinksInPath().deletingLastPathComponent().appending(path: BuiltinLibrary.name)
    }

    /// - Parameter linked: nil for a policy that does not come with StreamFence.
    private func compare(_ linked: (any OverflowPolicy)?, _ loaded: any OverflowPolicy) -> Costs {
        var costs = Costs()
        for round in 0..<rounds {
            // The one first and the other first, in turn.
            if round.isMultiple(of: 2) {
                let first = linked.map { nanoseconds(deciding: $0) }
                costs.add(linked: first, loaded: nanoseconds(deciding: loaded))
            } else {
                let first = nanoseconds(deciding: loaded)
                costs.add(linked: linked.map { nanoseconds(deciding: $0) }, loaded: first)
            }
        }
        return costs
    }

    /// Of a new lane, as it matters where in memory a lane lies; warm, as it has overflowed before.
    private func nanoseconds(deciding policy: any OverflowPolicy) -> Double {
        let lane = FullLane(deciding: policy, messages: messages)
        lane.offer(min(count, 10_000))
        let time = ContinuousClock().measure { lane.offer(count) }
        return time / .nanoseconds(1) / Double(count)
    }
}

/// What an overflow cost in each round, in nanoseconds.
private struct Costs {
    private var linked: [Double] = []
    private var loaded: [Double] = []

    mutating func add(linked: Double?, loaded: Double) {
        if let linked { self.linked.append(linked) }
        self.loaded.append(loaded)
    }

    /// Of the rounds' differences; nil with nothing to compare to.
    var difference: Double? { median(zip(linked, loaded).map { $1 - $0 }) }

    var columns: String {
        [median(linked), median(loaded), difference]
            .map { $0.map { String(format: "%10.1f", $0) } ?? "         -" }
            .joined(separator: " ")
    }

    private func median(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.sorted()[values.count / 2]
    }
}

extension [PluginComponent] {
    fileprivate func policy(_ name: String, _ options: [String: PluginOption]) throws -> (any OverflowPolicy)? {
        for component in self where component.name == name {
            guard case .overflowPolicy(let make, _) = component.factory else { continue }
            return try make(PluginSettings(options: options)).policy
        }
        return nil
    }
}
