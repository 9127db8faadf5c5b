import StreamFence

struct Alarm: ServerEventListener {
    func onQueueOverflow(_ event: QueueOverflowEvent) {
        print("no room:", event.namespace, event.topic, event.clientID, event.reason.rawValue)
    }

    func onRetryExhausted(_ event: RetryExhaustedEvent) {
        print("given up:", event.messageID, event.clientID, "after", event.retryCount, "retries")
    }
}

func watch(_ server: StreamFenceServer) async throws {
    server.addListener(Alarm())

    let counts = try server.deliveryCounts("/feed", "snapshot")
    print(counts.offered, counts.delivered, counts.dropped, counts.rejected)

    for sample in server.metrics().samples where sample.number > 0 {
        print(sample.name, sample.labels.map { "\($0.name)=\($0.value)" }, sample.number)
    }

    for await event in server.events() {
        print(event)
    }
}
