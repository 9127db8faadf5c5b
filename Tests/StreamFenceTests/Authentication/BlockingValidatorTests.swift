import Dispatch
import NIOCore
import NIOPosix
import StreamFencePluginKit
import StreamFenceTestClient
import Synchronization
import Testing

@testable import StreamFence

@Suite("Validators that block", .timeLimit(.minutes(5)))
struct BlockingValidatorTests {
    /// Lets nobody through before so many have come; who waits holds its thread.
    private final class Barrier: Sendable {
        private let missing: Mutex<Int>
        private let isFull = DispatchSemaphore(value: 0)

        init(for count: Int) {
            missing = Mutex(count)
        }

        func pass() {
            let isLast = missing.withLock { missing in
                missing -= 1
                return missing == 0
            }
            if isLast { isFull.signal() }
            isFull.wait()
            // The next one.
            isFull.signal()
        }
    }

    @Test("They hold threads of their own, and not those that everything else waits for")
    func severalAtOnce() async throws {
        let count = 6
        let barrier = Barrier(for: count)
        let porter = Porter { _ in
            barrier.pass()
            return .accept(principal: "alice")
        }
        try await guarding(with: porter) { server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<count {
                    let client = try await server.stranger()
                    group.addTask { _ = try await client.join("/feed", auth: #"{"token":"T"}"#) }
                }
                try await group.waitForAll()
            }
        }
    }
}
