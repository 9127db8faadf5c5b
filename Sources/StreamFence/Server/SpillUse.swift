import Logging
import NIOCore
import StreamFenceDelivery
import StreamFencePluginKit

/// A running server's spill stores: what was left in them before it, what it has in them, and the end.
struct SpillUse: Sendable {
    let services: [SpillService]
    /// What all of them hold.
    let budget: SpillBudget
    /// What a killed server left behind.
    let leftovers: [Leftovers]
    /// Held as long as the server may use it; nil if nothing spills.
    let folder: SpillFolder?

    struct Leftovers {
        let store: any SpillStore
        let lanes: [SpillLane]
    }

    /// Removes what a killed server left behind, while the server starts, and says so in the log.
    func removeLeftovers(_ logger: Logger) {
        let found = leftovers.reduce(0) { $0 + $1.lanes.count }
        guard found > 0 else { return }
        BlockingPool().submit { [leftovers] in
            var removed = 0
            var failure: (any Error)?
            for leftovers in leftovers {
                for lane in leftovers.lanes {
                    do {
                        try leftovers.store.drop(lane)
                        removed += 1
                    } catch {
                        failure = error
                    }
                }
            }
            logger.notice(
                "removed what an earlier run had spilled for clients that are gone",
                metadata: ["lanes": "\(removed)"]
            )
            if let failure {
                logger.warning(
                    "could not remove all that an earlier run had spilled",
                    metadata: ["lanes": "\(found - removed)", "reason": "\(failure)"]
                )
            }
        }
    }

    /// Succeeds when the stores are rid of everything: the clients have left.
    func whenIdle(on eventLoop: any EventLoop) -> [EventLoopFuture<Void>] {
        services.map { $0.whenIdle(on: eventLoop) }
    }
}
