import NIOCore

extension StreamFenceServer {
    /// Cuts off everybody who has authenticated as `principal`, now: each gets the event `error` with the code `AUTH_REJECTED`, and
    /// its connection is closed. A token of that principal which is being validated meanwhile is refused.
    ///
    /// It forbids nothing from then on: the token validator has to refuse the principal's tokens, or its clients come back.
    ///
    /// - Parameter principal: as the validator names it.
    /// - Returns: how many clients were cut off, one for each namespace that one had joined.
    @discardableResult
    public func revoke(principal: String) async throws -> Int {
        let eventLoop = anyEventLoop
        let counts = pipelines.values.map { $0.revoke(principal, on: eventLoop) }
        let count = try await EventLoopFuture.reduce(0, counts, on: eventLoop, +).get()
        logger.notice(
            "principal revoked",
            metadata: ["principal": "\(escapingControls(principal))", "clients": "\(count)"]
        )
        return count
    }
}
