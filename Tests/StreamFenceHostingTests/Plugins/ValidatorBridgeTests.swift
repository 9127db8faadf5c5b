import StreamFencePluginKit
import Testing

@testable import StreamFenceHosting

@Suite("Token validators of loaded plugins", .timeLimit(.minutes(5)))
struct ValidatorBridgeTests {
    private let fixture: Fixture
    private let plugin: LoadedPlugin
    private let validator: any TokenValidator
    private let lines = Lines()

    init() throws {
        fixture = try Fixture("validator.cpp")
        plugin = try fixture.load(logger: lines.logger)
        validator = try plugin.validator("by-token")
    }

    private func request(_ token: String) -> TokenRequest {
        TokenRequest(token: token, namespace: "/feed", topic: nil, action: .connect, remoteAddress: "127.0.0.1")
    }

    private func failure(_ token: String) async -> String? {
        do {
            _ = try await validator.validate(request(token))
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "An answer may come during the call, from another thread, and twice",
        arguments: [("now", "at once"), ("thread", "thread"), ("twice", "first"), ("stranger", "right")]
    )
    func answers(token: String, principal: String) async throws {
        #expect(try await validator.validate(request(token)) == .accept(principal: principal))
    }

    @Test("The answers that nobody waits for are counted", arguments: ["twice", "stranger"])
    func lateAnswers(token: String) async throws {
        _ = try await validator.validate(request(token))
        // The second answer of "twice" may still be on its way.
        while plugin.count("late_answers") == 0 { await Task.yield() }
        #expect(plugin.count("late_answers") == 1)
        #expect(plugin.count("errors") == 0)
    }

    @Test("An answer carries an expiry and grants")
    func grants() async throws {
        #expect(
            try await validator.validate(request("grants"))
                == .accept(
                    principal: "granted",
                    expiresAt: .milliseconds(1500),
                    grants: [
                        TokenGrant(topic: "snapshot", actions: [.subscribe, .publish]),
                        TokenGrant(topic: "*", actions: [.subscribe]),
                    ]
                )
        )
    }

    @Test("A rejection carries its reason, and is no error of the plugin")
    func rejected() async throws {
        #expect(try await validator.validate(request("rejected")) == .reject(reason: "not yours"))
        #expect(plugin.count("errors") == 0)
        #expect(plugin.count("calls") == 1)
    }

    @Test(
        "What is no answer is an error, and counted",
        arguments: [
            ("failed", "no database"), ("verdict", "expected a verdict of 0 to 2, found 7"),
            ("nobody", "expected a principal, found an empty one"),
            ("nothing", "expected a decision, found a null pointer"), ("throws", "C++ exception: no idea"),
        ]
    )
    func errors(token: String, message: String) async {
        let found = await failure(token)
        #expect(found == "token validator by-token of \(fixture.path): validate: \(message)")
        #expect(plugin.count("errors") == 1)
    }

    @Test("Who gives up waits no longer; the plugin is told, and its answer then comes too late")
    func never() async throws {
        let waiting = Task { try await validator.validate(request("never")) }
        // Until the plugin has the call, and says so.
        while !lines.all.contains("info: thinking") { await Task.yield() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        while plugin.count("late_answers") == 0 { await Task.yield() }
        #expect(plugin.count("late_answers") == 1)
        #expect(plugin.count("errors") == 0)
    }

    @Test("A call that was given up before it began never reaches the plugin")
    func cancelledBefore() async throws {
        let waiting = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await validator.validate(request("now"))
        }
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }
}
