import Foundation
import StreamFencePluginKit
import Testing

@testable import StreamFenceHosting

@Suite("Honest mistakes of loaded plugins", .timeLimit(.minutes(5)))
struct HonestMistakeTests {
    private func request(_ token: String) -> TokenRequest {
        TokenRequest(token: token, namespace: "/feed", topic: nil, action: .connect, remoteAddress: "127.0.0.1")
    }

    @Test("A null pointer is reported with the plugin and the call")
    func nullPointer() async throws {
        let result = await #expect(processExitsWith: .signal(SIGSEGV), observing: [\.standardErrorContent]) {
            try decideForTheLastTime("null-pointer")
        }
        try expectReport(of: "null-pointer", "SIGSEGV", in: result)
    }

    @Test("So is a stack that is used up")
    func endlessRecursion() async throws {
        let result = await #expect(processExitsWith: .signal(SIGSEGV), observing: [\.standardErrorContent]) {
            try decideForTheLastTime("endless-recursion")
        }
        try expectReport(of: "endless-recursion", "SIGSEGV", in: result)
    }

    @Test("So is a trap")
    func trap() async throws {
        #if arch(arm64)
        let name = "SIGTRAP"
        let result = await #expect(processExitsWith: .signal(SIGTRAP), observing: [\.standardErrorContent]) {
            try decideForTheLastTime("trap")
        }
        #else
        let name = "SIGILL"
        let result = await #expect(processExitsWith: .signal(SIGILL), observing: [\.standardErrorContent]) {
            try decideForTheLastTime("trap")
        }
        #endif
        try expectReport(of: "trap", name, in: result)
    }

    private func expectReport(of policy: String, _ signal: String, in result: ExitTest.Result?) throws {
        let text = try #require(result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) })
        #expect(text.contains("streamfence: \(signal) inside the plugin "))
        #expect(text.contains("/crashes.so, in decide of overflow policy \(policy)\n"))
    }

    @Test("A length that was a -1 is none: a principal without bytes is refused, a record has none")
    func negativeLengths() async throws {
        let plugin = try Fixture("negative-lengths.c").load()
        await #expect(throws: PluginCallError.self) {
            try await plugin.validator("negative").validate(request("any"))
        }
        let store = try plugin.store("negative")
        let lane = SpillLane(namespace: "/feed", clientID: "bob", topic: "snapshot")
        let records = try store.read(lane, from: 0, maxRecords: 10, maxBytes: 100)
        #expect(records.map(\.bytes.count) == [0])
        #expect(try store.lanes().map(\.topic) == [""])
    }

    @Test("A validator that blocks all its threads holds up no other one")
    func blocking() async throws {
        let plugin = try Fixture("blocking-validator.c").load()
        let (blocking, releasing) = (try plugin.validator("blocks"), try plugin.validator("releases"))
        let request = request("any")
        try await withThrowingTaskGroup(of: TokenDecision.self) { group in
            for _ in 0..<20 { group.addTask { try await blocking.validate(request) } }
            for _ in 0..<20 { #expect(try await releasing.validate(request) == .accept(principal: "anybody")) }
            for try await decision in group { #expect(decision == .accept(principal: "anybody")) }
        }
    }

    @Test("Calls that a validator will not come to in time are refused at once, and counted")
    func tooManyCalls() async throws {
        let plugin = try Fixture("blocking-validator.c").load()
        let (blocking, releasing) = (try plugin.validator("blocks"), try plugin.validator("releases"))
        let request = request("any")
        let number = BlockingThreads.mostWaiting + 10
        let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<number {
                group.addTask {
                    do {
                        _ = try await blocking.validate(request)
                        return false
                    } catch is PluginCallError {
                        return true
                    }
                }
            }
            // Those that can be are with the plugin or wait; the others have ended.
            while plugin.count("errors") == 0 { await Task.yield() }
            for _ in 0..<number { _ = try await releasing.validate(request) }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect((1...10).contains(refused))
        #expect(plugin.count("errors") == Double(refused))
    }
}

private func decideForTheLastTime(_ name: String) throws {
    _ = try Fixture("crashes.c").load().policy(name).decideOnOneMessage()
}
