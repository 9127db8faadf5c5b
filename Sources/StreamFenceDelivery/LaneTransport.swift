/// A client's connection as the delivery engine sees it. All calls are made on the connection's event loop.
package protocol LaneTransport: AnyObject {
    /// How many bytes can be written now; a message that exceeds them may still be written if they are not 0. It may be less than
    /// there is, where something else than bytes is counted: ask again then. After it was 0, the writer's
    /// ``ConnectionWriter/drain()`` has to be called when it has become more.
    var room: Int { get }
    /// Whether some of what was flushed still waits to leave. Once it does not, there is ``room`` again.
    var hasUnsent: Bool { get }
    /// Takes a message; it leaves with the next flush. Only while there is ``room``.
    func write(_ content: any MessageContent)
    /// Sends what was written since the last flush, in one piece.
    func flush()
}
