extension StreamFenceServer {
    /// Has a listener called with everything that happens from now on. Before ``start()`` that is everything there is; after
    /// ``stop()`` it is nothing.
    ///
    /// - Parameters:
    ///   - listener: kept until the server has stopped. Each one is called in a task of its own and can't hold up the server
    ///     or another listener.
    ///   - limit: how many events may wait for it, default 4096. Those beyond are lost to it, which is logged.
    public func addListener(_ listener: some ServerEventListener, bufferingAtMost limit: Int = 4096) {
        eventHub.add(listener, bufferingAtMost: limit)
    }

    /// Everything that happens from now on, as a sequence; it ends when the server has stopped.
    ///
    /// ```swift
    /// for await event in server.events() {
    ///     if case .clientConnected(let client) = event { print("\(client.clientID) is there") }
    /// }
    /// ```
    ///
    /// - Parameter limit: how many events may wait to be taken, default 4096, at least 1. Those beyond are lost to this
    ///   sequence, which is counted, see ``ServerEvents/missed``, and logged.
    public func events(bufferingAtMost limit: Int = 4096) -> ServerEvents {
        eventHub.events(bufferingAtMost: limit)
    }
}
