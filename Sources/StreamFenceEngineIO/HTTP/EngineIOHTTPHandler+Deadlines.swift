import NIOCore

// How long a client may take over a request, and between two. A session has its own deadlines.
extension EngineIOHTTPHandler {
    /// When the connection is closed, for what, and whose limit that is.
    struct Deadline {
        let callback: NIOScheduledCallback
        let limit: TimeLimit
        let server: EngineIOServer
    }

    /// Closes the connection when the time is over, unless another deadline replaces this one.
    func startTimer(_ limit: TimeLimit, of server: EngineIOServer?) {
        stopTimer()
        guard let server, let context else { return }
        let delay = limit == .idle ? server.configuration.idleTimeout : server.configuration.requestTimeout
        // Fails only on a loop that is shutting down, which ends the connection anyway.
        guard let callback = try? context.eventLoop.assumeIsolated().scheduleCallback(in: delay, handler: self) else {
            return
        }
        deadline = Deadline(callback: callback, limit: limit, server: server)
    }

    func stopTimer() {
        deadline?.callback.cancel()
        deadline = nil
    }
}

extension EngineIOHTTPHandler: NIOScheduledCallbackHandler {
    func handleScheduledCallback(eventLoop: some EventLoop) {
        guard let expired = deadline else { return }
        expired.server.timedOut.increment(expired.limit)
        // TLS takes a moment to close: what comes until then is too late.
        leaveHTTP()
        context?.close(promise: nil)
    }
}
