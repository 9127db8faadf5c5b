import Logging
import NIOCore
import StreamFenceDelivery
import StreamFencePluginKit

/// A running server's spill stores: what was left in them before it, what it has in them, and the end.
struct SpillUse: Sendable {
    let services: [SpillService]
    /// What all of them hold.
    let budget: SpillBudget
    /// The store whose folder may hold what a killed server left behind.
    let leftovers: (any SpillStore)?

    /// Removes what a killed server left behind. Lists it before it returns, so that nothing of this server is among it, and
    /// removes it while the server starts.
    ///
    /// - Throws: what the store says if it can't be listed.
    func removeLeftovers(_ logger: Logger) async throws {
        guard let leftovers else { return }
        let pool = BlockingPool()
        let lanes = try await pool.run { try leftovers.lanes() }
        guard !lanes.isEmpty else { return }
        pool.submit {
            var removed = 0
            var failure: (any Error)?
            for lane in lanes {
                do {
                    try leftovers.drop(lane)
                    removed += 1
                } catch {
                    failure = error
                }
            }
            logger.notice(
                "removed what an earlier run had spilled for clients that are gone",
                metadata: ["lanes": "\(removed)"]
            )
            if let failure {
                logger.warning(
                    "could not remove all that an earlier run had spilled",
                    metadata: ["lanes": "\(lanes.count - removed)", "reason": "\(failure)"]
                )
            }
        }
    }

    /// Succeeds when the stores are rid of everything: the clients have left.
    func whenIdle(on eventLoop: any EventLoop) -> [EventLoopFuture<Void>] {
        services.map { $0.whenIdle(on: eventLoop) }
    }
}
