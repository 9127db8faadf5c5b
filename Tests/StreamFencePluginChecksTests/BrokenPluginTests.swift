import StreamFenceBuiltin
import StreamFencePluginChecks
import StreamFencePluginKit
import Synchronization
import Testing

@Suite("What breaks the contract of plugins is told")
struct BrokenPluginTests {
    /// The checks that a component fails, with what was expected and found.
    private func failures(
        _ component: PluginComponent,
        goodTokens: [String] = [],
        timeLimit: Duration = .seconds(60)
    ) async throws -> [String: String] {
        var failures: [String: String] = [:]
        try await withFolder { folder in
            let settings = ContractCheckSettings(folder: folder, goodTokens: goodTokens, timeLimit: timeLimit)
            for check in ContractCheck.all(of: component, options: [:], settings: settings) {
                failures[check.name] = await check.violation()
            }
        }
        return failures
    }

    // MARK: Spill stores

    @Test("A store that loses its last record when it is opened again")
    func losesLast() async throws {
        let store = PluginComponent.spillStore("forgetful") { _ in
            { folder in Altered(try LogSpillStore(root: folder), isReopened: Folders.seen(folder)) { $0.dropLast() } }
        }
        let failures = try await failures(store)
        #expect(Array(failures.keys) == ["what was appended is there after a restart, the last record included"])
        #expect(failures.values.first?.hasSuffix("96, 97, 98]") == true)
    }

    @Test("A store that gives records in the wrong order, or twice")
    func wrongOrder() async throws {
        let alterations: [@Sendable ([SpillRecord]) -> [SpillRecord]] = [
            { $0.reversed() }, { $0.flatMap { [$0, $0] } },
        ]
        for alter in alterations {
            let store = PluginComponent.spillStore("shuffled") { _ in
                { folder in Altered(try JSONFilesSpillStore(root: folder), isReopened: true, alter) }
            }
            #expect(try await failures(store).keys.contains("what is appended is read back in order, byte for byte"))
        }
    }

    // MARK: Policies

    @Test("A policy that decides about a message that isn't there", arguments: [-1, 1 << 40])
    func outOfRange(index: Int) async throws {
        struct Wrong: OverflowPolicy {
            let index: Int
            func decide(_ overflow: borrowing Overflow) -> OverflowDecision { .evict(at: index) }
        }
        let failures = try await failures(.overflowPolicy("wrong") { _ in Wrong(index: index) })
        #expect(
            failures["every decision about a full lane can be carried out"]
                == "expected a decision that can be carried out on 1 waiting messages, found evict(at: \(index))"
        )
    }

    // MARK: Validators

    @Test("A validator that answers another call's question")
    func wrongCall() async throws {
        struct Late: TokenValidator {
            let previous = Previous()
            func validate(_ request: TokenRequest) async throws -> TokenDecision {
                let token = await previous.swap(request.token)
                return token == "good" ? .accept(principal: "friend") : .reject(reason: "unknown")
            }
        }
        let failures = try await failures(.tokenValidator("late") { _ in Late() }, goodTokens: ["good"])
        #expect(
            failures["tokens that are said to be good are accepted, for a principal that is not the token"]
                == "expected the token to be accepted, found rejected"
        )
    }

    @Test("A validator that never answers, and one whose principal is the token")
    func silent() async throws {
        struct Silent: TokenValidator {
            func validate(_ request: TokenRequest) async throws -> TokenDecision {
                try await Task.sleep(for: .seconds(100_000))
                return .reject(reason: "")
            }
        }
        struct Echo: TokenValidator {
            func validate(_ request: TokenRequest) async throws -> TokenDecision { .accept(principal: request.token) }
        }
        let silent = try await failures(.tokenValidator("silent") { _ in Silent() }, timeLimit: .zero)
        #expect(silent["each call is answered, for each action"] == "expected an answer within 0.0 seconds, found none")
        let echo = try await failures(.tokenValidator("echo") { _ in Echo() }, goodTokens: ["good"])
        #expect(echo.values.sorted() == ["expected a principal of its own, found the token"])
    }

    // MARK: Sinks

    @Test("A sink that can't take what there is")
    func picky() async throws {
        struct Picky: MetricsSink {
            struct Failure: Error {}
            func export(_ snapshot: MetricsSnapshot) throws {
                if snapshot.samples.isEmpty { throw Failure() }
            }
        }
        let failures = try await failures(.metricsSink("picky") { _ in Picky() })
        #expect(Array(failures.keys) == ["an empty snapshot is exported, and a first one that is not zero"])
    }
}

/// The token before this one.
private actor Previous {
    private var token = ""

    func swap(_ new: String) -> String {
        defer { token = new }
        return token
    }
}

/// A store whose records are changed on their way out.
private struct Altered: SpillStore {
    let store: any SpillStore
    let isReopened: Bool
    let alter: @Sendable ([SpillRecord]) -> [SpillRecord]

    init(
        _ store: any SpillStore,
        isReopened: Bool,
        _ alter: @escaping @Sendable ([SpillRecord]) -> [SpillRecord]
    ) {
        self.store = store
        self.isReopened = isReopened
        self.alter = alter
    }

    func append(_ records: [SpillRecord], to lane: SpillLane) throws { try store.append(records, to: lane) }

    func read(_ lane: SpillLane, from position: UInt64, maxRecords: Int, maxBytes: Int) throws -> [SpillRecord] {
        let records = try store.read(lane, from: position, maxRecords: maxRecords, maxBytes: maxBytes)
        return isReopened ? alter(records) : records
    }

    func release(_ lane: SpillLane, before position: UInt64) throws { try store.release(lane, before: position) }
    func drop(_ lane: SpillLane) throws { try store.drop(lane) }
    func lanes() throws -> [SpillLane] { try store.lanes() }
}

/// The folders that a store was opened in before.
private enum Folders {
    private static let all = Mutex<Set<String>>([])

    static func seen(_ folder: String) -> Bool { all.withLock { !$0.insert(folder).inserted } }
}
