import NIOCore
import NIOPosix
import Testing

@testable import StreamFence

@Suite("Messages that wait for their handler", .timeLimit(.minutes(5)))
struct InboundQueueTests {
    private let eventLoop = MultiThreadedEventLoopGroup.singleton.next()

    /// What a queue refuses while `count` messages of `bytes` each wait behind one that is being handled.
    private func refusal(of newcomer: Int, behind count: Int, of bytes: Int) async throws -> ErrorCode? {
        let handled = eventLoop.makePromise(of: Void.self)
        let refusal = try await eventLoop.submit { [eventLoop] () -> ErrorCode? in
            let queue = InboundQueue(eventLoop: eventLoop)
            for _ in 0...count {
                queue.run({ try await handled.futureResult.get() }, bytes: bytes) { _ in }
            }
            do throws(RequestError) {
                try queue.checkRoom(for: newcomer)
                return nil
            } catch {
                return error.code
            }
        }.get()
        handled.succeed()
        return refusal
    }

    @Test("256 messages may wait, and no more")
    func messages() async throws {
        #expect(try await refusal(of: 1, behind: 255, of: 1) == nil)
        #expect(try await refusal(of: 1, behind: 256, of: 1) == .queueOverflow)
    }

    @Test("4 MiB may wait, and no more, but for one message that is larger alone")
    func bytes() async throws {
        #expect(try await refusal(of: 1 << 20, behind: 3, of: 1 << 20) == nil)
        #expect(try await refusal(of: 1 << 20, behind: 4, of: 1 << 20) == .queueOverflow)
        #expect(try await refusal(of: 5 << 20, behind: 0, of: 1) == nil)
    }
}
