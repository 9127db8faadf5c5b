/// A client's connection as the delivery engine sees it. All calls are made on the connection's event loop.
package protocol LaneTransport: AnyObject {
    /// Whether a message can be written now. After it was false, the writer's ``ConnectionWriter/drain()`` has to be called
    /// when it has become true.
    var isWritable: Bool { get }
    /// Takes a message; it leaves with the next flush. Only while ``isWritable``.
    func write(_ content: any MessageContent)
    /// Sends what was written since the last flush, in one piece.
    func flush()
    /// Ends the connection, telling the client why.
    func disconnect(reason: String)
}
