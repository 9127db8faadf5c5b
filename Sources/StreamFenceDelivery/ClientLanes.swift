/// One client's lanes in one namespace, and the bytes they may hold together.
///
/// Owned by the connection's event loop.
package final class ClientLanes {
    let settings: LaneSettings
    package let writer: ConnectionWriter
    /// What all lanes hold, in encoded bytes; kept, never recomputed.
    private(set) var queuedBytes = 0
    /// By the topic's number, as the caller numbers topics.
    private var lanes: [Int: Lane] = [:]

    package init(settings: LaneSettings, writer: ConnectionWriter) {
        self.settings = settings
        self.writer = writer
    }

    /// The lane for a topic the client is subscribed to.
    package func lane(for topic: Int) -> Lane? {
        lanes[topic]
    }

    /// The topics the client is subscribed to, in no order.
    package var topics: some Collection<Int> { lanes.keys }

    /// Opens a lane; the client must not have one for the topic.
    package func open(_ topic: Int, named name: String, counters: LaneCounters) -> Lane {
        let lane = Lane(topic: name, client: self, counters: counters)
        lanes[topic] = lane
        return lane
    }

    /// Closes a lane; what is queued in it is discarded, what is offered later counts as such at once.
    package func close(_ topic: Int) -> Lane? {
        guard let lane = lanes.removeValue(forKey: topic) else { return nil }
        lane.close()
        writer.forget(lane)
        return lane
    }

    func queued(_ bytes: Int) {
        queuedBytes += bytes
    }

    func unqueued(_ bytes: Int) {
        queuedBytes -= bytes
    }
}
