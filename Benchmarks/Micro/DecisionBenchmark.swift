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
        commandName: "decision-benchmark",
        abstract: "Measures what an overflow costs, decided by a linked policy and by a loaded one.",
        discussion: """
            The difference is what the plugin boundary costs. Each figure is nanoseconds an overflow, the whole way through the lane, \
            median of the rounds. Exit code 1 if the difference of a policy is more than --limit.
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
        help: ArgumentHelp("Policies that decide at every overflow, and neither empty the lane nor spill.", valueName: "name")
    )
    var policy = ["reject-new", "drop-oldest", "coalesce"]

    @Option(help: ArgumentHelp("The library (default: beside this executable).", valueName: "path"))
    var library: String?

    func validate() throws {
        for (name, value) in [("--count", count), ("--rounds", rounds), ("--messages", messages)] where value < 1 {
            throw ValidationError("\(name): expected at least 1, found \(value)")
        }
    }

    func run() throws {
        let library = library.map { URL(filePath: $0) } ?? Self.libraryBesideExecutable
        let folder = library.deletingLastPathComponent().path
        let loaded = try PluginLoader().load(library.path, in: folder).components
        var isWithinLimit = true
        print("policy        linked ns  loaded ns  difference ns")
        for linked in Builtin.components where policy.contains(linked.name) {
            guard let other = loaded.first(where: { $0.kind == linked.kind && $0.name == linked.name }) else {
                throw ValidationError("expected the policy \(linked.name) in the library, found none")
            }
            let comparison = try compare(linked.makePolicy(), other.makePolicy())
            let columns = [comparison.linked, comparison.loaded, comparison.difference]
                .map { String(format: "%9.1f", $0) }
            print(linked.name.padding(toLength: 12, withPad: " ", startingAt: 0), columns.joined(separator: "  "))
            if comparison.difference > limit { isWithinLimit = false }
        }
        if !isWithinLimit { throw ExitCode(1) }
    }


    private static var libraryBesideExecutable: URL {
        let executable = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
        return executable.resolvingSymlinksInPath().deletingLastPathComponent().appending(path: BuiltinLibrary.name)
    }

    private func compare(
        _ linked: any OverflowPolicy,
        _ loaded: any OverflowPolicy
    ) -> (linked: Double, loaded: Double, difference: Double) {
        let lanes = (linked: lane(deciding: linked), loaded: lane(deciding: loaded))
        var samples: [(linked: Double, loaded: Double)] = []
        for _ in 0..<rounds {
            samples.append((nanoseconds(of: lanes.linked), nanoseconds(of: lanes.loaded)))
        }
        return (
            median(samples.map(\.linked)), median(samples.map(\.loaded)), median(samples.map { $0.loaded - $0.linked })
        )
    }

    /// Warm: it has overflowed before.
    private func lane(deciding policy: any OverflowPolicy) -> FullLane {
        let lane = FullLane(deciding: policy, messages: messages)
        lane.offer(min(count, 100_000))
        return lane
    }

    private func nanoseconds(of lane: FullLane) -> Double {
        let time = ContinuousClock().measure { lane.offer(count) }
        return time / .nanoseconds(1) / Double(count)
    }

    private func median(_ values: [Double]) -> Double {
        values.sorted()[values.count / 2]
    }
}

extension PluginComponent {
    fileprivate func makePolicy() throws -> any OverflowPolicy {
        guard case .overflowPolicy(let make) = factory else { preconditionFailure("\(name) is no overflow policy") }
        return try make(PluginSettings(options: [:]))
    }
}
