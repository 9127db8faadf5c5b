import ServiceLifecycle
import StreamFence

/// Much, and each soon out of date: nobody waits for a client that is slow.
struct Feed: Service {
    struct Snapshot: Encodable {
        let number: Int
        let text: String
    }

    let server: StreamFenceServer

    func run() async throws {
        let text = String(repeating: "x", count: 10_000)
        try await untilShutdown {
            for number in 1... {
                try await Task.sleep(for: .milliseconds(10))
                try server.publish("/feed", "snapshot", Snapshot(number: number, text: text))
            }
        }
    }
}

/// Little, and none of it may be missed.
struct Control: Service {
    struct Command: Encodable {
        let number: Int
        let degrees: Int
    }

    let server: StreamFenceServer

    func run() async throws {
        try await untilShutdown {
            for number in 1... {
                try await Task.sleep(for: .seconds(1))
                try server.publish("/control", "command", Command(number: number, degrees: number * 10 % 360))
            }
        }
    }
}

/// Prints what became of the messages of both, whenever more were lost or acknowledged.
struct Ledger: Service {
    let feed: StreamFenceServer
    let control: StreamFenceServer

    func run() async throws {
        try await untilShutdown {
            var lost = 0
            var settled = 0
            while true {
                try await Task.sleep(for: .milliseconds(100))
                let snapshots = try feed.deliveryCounts("/feed", "snapshot")
                if snapshots.dropped > lost {
                    say("feed: delivered \(snapshots.delivered), lost by slow clients \(snapshots.dropped)")
                }
                let commands = try control.deliveryCounts("/control", "command")
                if commands.acknowledged + commands.retryExhausted > settled {
                    say("control: acknowledged \(commands.acknowledged), given up \(commands.retryExhausted)")
                }
                lost = snapshots.dropped
                settled = commands.acknowledged + commands.retryExhausted
            }
        }
    }
}

/// Works until the service group stops.
private func untilShutdown(_ work: @Sendable @escaping () async throws -> Void) async throws {
    do {
        try await cancelWhenGracefulShutdown(work)
    } catch is CancellationError {
        // The servers stop too.
    }
}
