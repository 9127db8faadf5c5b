import ServiceLifecycle

extension StreamFenceServer: Service {
    /// Starts, serves until the service group asks for a graceful shutdown or the task is cancelled, and stops.
    public func run() async throws {
        try await start()
        do {
            try await gracefulShutdown()
        } catch is CancellationError {
            // Stopping is the answer to both.
            logger.debug("cancelled")
        }
        try await stop()
    }
}
