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
        let told = pipelines.values.map { $0.revoke(principal, on: eventLoop) }
        let sockets = try await EventLoopFuture.reduce([], told, on: eventLoop, +).get()
        for socket in sockets { socket.disconnect(closingConnection: true) }
        let count = sockets.count
        logger.notice(
            "principal revoked",
            metadata: ["principal": "\(escapingControls(principal))", "clients": "\(count)"]
        )
        return count
    }
}
