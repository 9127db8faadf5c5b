import CStreamFencePlugin
import Synchronization
import Testing

@testable import StreamFenceHosting
@testable import StreamFencePluginKit

/// A validator in Swift, as a plugin brings it.
private final class Scripted: TokenValidator {
    /// How many calls have begun to wait, and how many of those were given up.
    let counts = Mutex((waiting: 0, givenUp: 0))

    func validate(_ request: TokenRequest) async throws -> TokenDecision {
        switch request.token {
        case "expired long ago": return .accept(principal: "p", expiresAt: .zero)
        case "throws": throw PluginBoundaryError("no database")
        case "slow":
            counts.withLock { $0.waiting += 1 }
            do {
                try await Task.sleep(for: .seconds(3600))
            } catch {
                counts.withLock { $0.givenUp += 1 }
                throw error
            }
            return .reject(reason: "an hour later")
        default:
            return .accept(
                principal:
                    "\(request.token) \(request.action) \(request.namespace) \(request.topic ?? "-") \(request.remoteAddress)"
            )
        }
    }
}

/// Both sides of the boundary in one process: what the SDK exports, called as a loaded plugin's.
@Suite("Plugins written in Swift", .timeLimit(.minutes(5)))
struct SwiftPluginTests {
    private let scripted = Scripted()
    private let validator: any TokenValidator

    init() throws {
        validator = try Self.load([.tokenValidator("scripted") { [scripted] _ in scripted }]).validator("scripted")
    }

    /// As a file's plugin, without the file.
    private static func load(_ components: [PluginComponent]) throws -> LoadedPlugin {
        var abi = sf_abi()
        abi.magic = SF_ABI_MAGIC
        abi.major = UInt16(SF_ABI_MAJOR)
        abi.plugin_size = UInt32(MemoryLayout<sf_plugin>.size)
        abi.component_size = UInt32(MemoryLayout<sf_component>.size)
        let record = try ABIRecord(&abi, of: "here")
        let plugin = try #require(Plugin("swift", version: "1.0", components).start(nil))
        let description = try PluginDescription(plugin, record, of: "here")
        return LoadedPlugin(description, record, try PluginOrigin.register("here", silent), cleanup: nil)
    }

    private func request(_ token: String, topic: String? = nil) -> TokenRequest {
        TokenRequest(token: token, namespace: "/feed", topic: topic, action: .subscribe, remoteAddress: "::1")
    }

    @Test("A validator gets the whole request, and many at once")
    func requests() async throws {
        let validator = validator
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1000 {
                let request = request("token-\(number)", topic: number % 2 == 0 ? nil : "snapshot")
                group.addTask {
                    let topic = request.topic ?? "-"
                    let principal = "token-\(number) subscribe /feed \(topic) ::1"
                    let decision = try await validator.validate(request)
                    #expect(decision == .accept(principal: principal))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("A token that expired when time began does not live for ever")
    func expiry() async throws {
        let decision = try await validator.validate(request("expired long ago"))
        #expect(decision == .accept(principal: "p", expiresAt: .milliseconds(-1)))
    }

    @Test("An error is one on this side too, in its words")
    func error() async {
        let error = await #expect(throws: PluginCallError.self) { _ = try await validator.validate(request("throws")) }
        #expect(error?.message == "no database")
    }

    @Test("Who gives up has the validator's task cancelled")
    func cancellation() async throws {
        let waiting = Task { try await validator.validate(request("slow")) }
        while scripted.counts.withLock({ $0.waiting }) == 0 { await Task.yield() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        while scripted.counts.withLock({ $0.givenUp }) == 0 { await Task.yield() }
        #expect(scripted.counts.withLock { $0.givenUp } == 1)
    }

    @Test("Options arrive as they were written, and what is wrong with them comes back by name")
    func options() throws {
        let seen = Mutex<[String]>([])
        let plugin = try Self.load([
            .overflowPolicy("choosy") { options in
                let text = "\(options.integer("most", in: 1...9, default: 3)) \(options.text("key", default: "none"))"
                seen.withLock { $0.append(text) }
                return Never()
            }
        ])
        _ = try plugin.policy("choosy", options: ["most": 7, "key": "/a \"b\""])
        #expect(seen.withLock { $0.last } == "7 /a \"b\"")
        let check = try #require(plugin.components.first?.check)
        let error = #expect(throws: PluginOptionsError.self) { try check(["most": 10, "kye": "a"]) }
        #expect(
            error?.problems == [
                PluginOptionProblem(name: "most", message: "expected at most 9, found 10"),
                PluginOptionProblem(name: "kye", message: "unknown option; did you mean key?"),
            ]
        )
    }

    @Test("Options choose between policies of several types")
    func choice() throws {
        let plugin = try Self.load([
            .overflowPolicy(
                "either",
                choosing: { options -> any OverflowPolicy in
                    if options.integer("most", in: 0...9, default: 3) == 0 { return Never() }
                    return Always()
                }
            )
        ])
        #expect(try plugin.policy("either").decideOnOneMessage() == .evictAll)
        #expect(try plugin.policy("either", options: ["most": 0]).decideOnOneMessage() == .reject())
    }

    /// Rejects everything.
    private struct Never: OverflowPolicy {
        func decide(_ overflow: borrowing Overflow) -> OverflowDecision { .reject() }
    }

    /// Accepts everything.
    private struct Always: OverflowPolicy {
        func decide(_ overflow: borrowing Overflow) -> OverflowDecision { .evictAll }
    }
}
