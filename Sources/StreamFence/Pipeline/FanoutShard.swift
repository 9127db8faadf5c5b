import NIOCore
import StreamFenceDelivery
import Synchronization

/// One event loop's part of a ``Fanout``: the lanes of the subscribers that live on it.
final class FanoutShard: Sendable {
    /// A client as other threads may hold it.
    typealias Member = NIOLoopBound<ClientLanes>

    let index: Int
    let eventLoop: any EventLoop
    /// What the lanes on this loop share, whatever their namespace.
    let loop: DeliveryLoopBox
    /// A delivery has been asked for and has not begun.
    private let isAwake = Atomic(false)
    private let state: NIOLoopBoundBox<State>

    private struct State {
        /// The lanes of each topic, in no order.
        var lanes: [[Lane]]
        /// Storage for the next batch.
        var batch: [Fanout.Dispatch] = []
        /// The connections that have got something and have not been asked to write it.
        var touched: [ConnectionWriter] = []
        var isDelivering = false
    }

    init(index: Int, topicCount: Int, loop: DeliveryLoopBox) {
        self.index = index
        self.loop = loop
        eventLoop = loop.eventLoop
        state = .makeBoxSendingValue(
            State(lanes: Array(repeating: [], count: topicCount)),
            eventLoop: eventLoop
        )
    }

    /// Has the loop deliver what waits for it, at the end of its tick. May be called from any thread.
    func wake(_ fanout: Fanout) {
        guard !isAwake.exchange(true, ordering: .acquiringAndReleasing) else { return }
        eventLoop.execute { self.deliver(from: fanout) }
    }

    /// Opens a client's lane for a topic. What was published before is delivered first, to those who were subscribed.
    ///
    /// - Returns: the messages retained for the client, to be offered to its lane before anything else is.
    func subscribe(_ client: ClientLanes, to topic: Topic, _ fanout: Fanout) -> [Message] {
        eventLoop.assertInEventLoop()
        let member = NIOLoopBound(client, eventLoop: eventLoop)
        var retained: [Message] = []
        // In one step with joining: what is published from now on waits until the lane is open, however much that is.
        distribute { earlier in
            retained = fanout.add(member, id: client.id, topic: topic.index, shard: index, taking: &earlier)
        }
        // Delivering may find that this client's connection has ended: nobody would close the lane again.
        guard !client.isClosed else {
            fanout.removed(id: client.id, topic: topic.index, shard: index)
            return []
        }
        let lane = client.open(topic.index, named: topic.name, counters: topic.counters[index])
        lane.position = state.value.lanes[topic.index].count
        state.value.lanes[topic.index].append(lane)
        return retained
    }

    /// Closes a client's lane for a topic.
    func unsubscribe(_ client: ClientLanes, from topic: Topic, _ fanout: Fanout) {
        eventLoop.assertInEventLoop()
        // What was published while the client was subscribed is counted for it.
        deliver(from: fanout)
        guard let lane = client.close(topic.index) else { return }
        let last = state.value.lanes[topic.index].removeLast()
        if last !== lane {
            state.value.lanes[topic.index][lane.position] = last
            last.position = lane.position
        }
        fanout.removed(id: client.id, topic: topic.index, shard: index)
    }
}

// MARK: - Delivery

extension FanoutShard {
    /// Offers everything that waits to the lanes it is for, and lets their connections write.
    private func deliver(from fanout: Fanout) {
        isAwake.store(false, ordering: .sequentiallyConsistent)
        // A policy or a transport that ends a client brings us back here: the batch that is under way goes on first.
        guard !state.value.isDelivering else { return }
        distribute { fanout.take(index, reusing: &$0) }
        if fanout.hasWaiting(index) { wake(fanout) }
    }

    /// - Parameter take: leaves what is to be delivered in the storage it is given.
    private func distribute(_ take: (inout [Fanout.Dispatch]) -> Void) {
        let wasDelivering = state.value.isDelivering
        state.value.isDelivering = true
        var batch = state.value.batch
        state.value.batch = []
        take(&batch)
        var start = 0
        while start < batch.count {
            let end = endOfRun(from: start, in: batch)
            // A batch for one topic, the usual one, is finished client by client; otherwise each client waits for its
            // messages on other topics, to be flushed once.
            deliver(batch[start..<end], isWholeBatch: end - start == batch.count)
            start = end
        }
        drainTouched()
        batch.removeAll(keepingCapacity: batch.count <= 1024)
        state.value.batch = batch
        state.value.isDelivering = wasDelivering
    }

    /// The end of the messages from `start` on that go to the same lanes.
    private func endOfRun(from start: Int, in batch: [Fanout.Dispatch]) -> Int {
        guard batch[start].target == nil else { return start + 1 }
        return batch[start...].firstIndex { $0.topic != batch[start].topic || $0.target != nil } ?? batch.count
    }

    /// Client by client rather than message by message: each one's memory is touched once.
    private func deliver(_ run: ArraySlice<Fanout.Dispatch>, isWholeBatch: Bool) {
        guard let first = run.first, let batch = MessageBatch(run.map(\.message)) else { return }
        if let target = first.target {
            // The client may have unsubscribed while the message was on its way.
            if let lane = target.value.lane(for: first.topic) { offer(batch, to: lane, isWholeBatch) }
        } else {
            for lane in state.value.lanes[first.topic] { offer(batch, to: lane, isWholeBatch) }
        }
    }

    private func offer(_ batch: MessageBatch, to lane: Lane, _ isWholeBatch: Bool) {
        lane.offer(batch)
        if isWholeBatch {
            lane.writer.drain()
        } else if !lane.writer.isTouched {
            lane.writer.isTouched = true
            state.value.touched.append(lane.writer)
        }
    }

    private func drainTouched() {
        let touched = state.value.touched
        state.value.touched = []
        for writer in touched {
            writer.isTouched = false
            writer.drain()
        }
    }
}
