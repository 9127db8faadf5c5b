import Dispatch
import StreamFencePluginChecks
import StreamFencePluginKit
import Synchronization
import Testing

@Suite("How the contract is checked")
struct CheckTests {
    /// What each check of the component has to say, in their order.
    private func violations(
        _ component: PluginComponent,
        goodTokens: [String] = [],
        checkLimit: Duration = .seconds(60),
        host: @escaping @Sendable () -> HostNotes = { HostNotes() }
    ) async throws -> [(name: String, violation: String?)] {
        var violations: [(String, String?)] = []
        try await withFolder { folder in
            let settings = ContractCheckSettings(
                folder: folder,
                goodTokens: goodTokens,
                checkLimit: checkLimit,
                host: host
            )
            for check in ContractCheck.all(of: component, options: [:], settings: settings) {
                violations.append((check.name, await check.violation()))
            }
        }
        return violations
    }

    // MARK: Time

    /// Blocks whoever calls it, for ever.
    private struct Blocking: MetricsSink, SpillStore, OverflowPolicy {
        private func block() { DispatchSemaphore(value: 0).wait() }

        func export(_ snapshot: MetricsSnapshot) throws { block() }
        func append(_ records: [SpillRecord], to lane: SpillLane) throws { block() }
        func read(_ lane: SpillLane, from position: UInt64, maxRecords: Int, maxBytes: Int) throws -> [SpillRecord] {
            block()
            return []
        }
        func release(_ lane: SpillLane, before position: UInt64) throws { block() }
        func drop(_ lane: SpillLane) throws { block() }
        func lanes() throws -> [SpillLane] { [] }
        func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
            block()
            return .reject()
        }
    }

    private static let blocking: [PluginComponent] = [
        .metricsSink("blocking") { _ in Blocking() },
        .overflowPolicy("blocking") { _ in Blocking() },
        .spillStore("blocking") { _ in { _ in Blocking() } },
    ]

    @Test("What blocks for ever ends its check and no other", arguments: blocking.map(\.kind))
    func blocks(kind: PluginKind) async throws {
        let component = try #require(Self.blocking.first { $0.kind == kind })
        for (name, violation) in try await violations(component, checkLimit: .zero) {
            // That one opens a store, which does not block, and expects that it can't.
            if name == "a folder that can't be made is an error" { continue }
            #expect(violation == "took longer than 0.0 seconds", "\(name)")
        }
    }

    // MARK: What the host notices

    /// A host that notices something about each call.
    private final class Host: Sendable {
        private let calls = Atomic(0)
        private let notes: @Sendable (Int) -> HostNotes

        init(_ notes: @escaping @Sendable (Int) -> HostNotes) {
            self.notes = notes
        }

        func called() { calls.wrappingAdd(1, ordering: .relaxed) }
        func note() -> HostNotes { notes(calls.load(ordering: .relaxed)) }
    }

    private struct Rejecting: TokenValidator {
        let host: Host

        func validate(_ request: TokenRequest) async throws -> TokenDecision {
            host.called()
            return .reject(reason: "")
        }
    }

    @Test("An answer that nobody waits for fails a check, but where calls are given up")
    func lateAnswers() async throws {
        let host = Host { HostNotes(lateAnswers: $0) }
        let found = try await violations(.tokenValidator("late") { _ in Rejecting(host: host) }, host: host.note)
        let violations = found.map(\.violation)
        #expect(violations.first == "expected one answer to each call, found 30 that nobody waited for")
        #expect(violations.dropLast().allSatisfy { $0 != nil })
        #expect(violations.last == .some(nil))
    }

    @Test("An error that only the host hears of fails a check, and names the function where it is known")
    func errors() async throws {
        let host = Host { HostNotes(errors: $0) }
        let found = try await violations(.tokenValidator("failing") { _ in Rejecting(host: host) }, host: host.note)
        #expect(found.first?.violation == "expected no call to fail, found 30 that did")
        #expect(found.last?.name == "calls that nobody waits for any more harm no other")
        #expect(found.last?.violation?.hasPrefix("expected no cancel to fail, found ") == true)
    }

    @Test("The reason that the host has for an error is said, and not the answer that it gave in the plugin's place")
    func reason() async throws {
        struct Failing: OverflowPolicy {
            let host: Host

            func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
                host.called()
                return .evict(at: -1)
            }
        }
        let host = Host { HostNotes(errors: $0, lastError: $0 > 0 ? "decide: no idea" : nil) }
        let found = try await violations(.overflowPolicy("failing") { _ in Failing(host: host) }, host: host.note)
        for (name, violation) in found { #expect(violation == "decide: no idea", "\(name)") }
    }

    // MARK: Answers

    @Test("A validator that can't find out fails each check, with its reason")
    func failing() async throws {
        struct Failure: Error, CustomStringConvertible {
            let description = "no database"
        }
        struct Failing: TokenValidator {
            func validate(_ request: TokenRequest) async throws -> TokenDecision { throw Failure() }
        }
        let component = PluginComponent.tokenValidator("failing") { _ in Failing() }
        for (name, violation) in try await violations(component, goodTokens: ["a"]) {
            #expect(
                violation == "expected the token to be accepted or rejected, found a failure: no database",
                "\(name)"
            )
        }
    }

    @Test(
        "A reason that is longer than there is room for",
        arguments: [1023: nil, 1024: "expected a reason of at most 1023 bytes, and a zero at its end, found 1024"]
    )
    func longReason(length: Int, violation: String?) async throws {
        struct Verbose: OverflowPolicy {
            let length: Int

            func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
                .reject(reason: String(repeating: "a", count: length))
            }
        }
        let found = try await violations(.overflowPolicy("verbose") { _ in Verbose(length: length) })
        #expect(found.first?.violation == violation)
    }
}
