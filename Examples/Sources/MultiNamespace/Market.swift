import ServiceLifecycle
import StreamFence

/// Publishes to all three namespaces every second, until the service group stops.
struct Market: Service {
    struct Price: Encodable {
        let symbol: String
        let price: Double
    }

    struct Portfolio: Encodable {
        let value: Double
        let positions: [String: Int]
    }

    struct Alert: Encodable {
        let text: String
    }

    let server: StreamFenceServer

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await trade() }
        } catch is CancellationError {
            // The server stops too.
        }
    }

    private func trade() async throws {
        for second in 1... {
            try await Task.sleep(for: .seconds(1))
            let price = 100 + Double(second % 10)
            try server.publish("/prices", "price", Price(symbol: "ACME", price: price))
            try server.publish("/portfolio", "portfolio", Portfolio(value: 10 * price, positions: ["ACME": 10]))
            try server.publish("/alerts", "alert", Alert(text: "ACME is at \(price)"))
        }
    }
}
