import StreamFence

/// Where something listens, as `serve` says it.
struct ListeningAddress {
    let name: String
    let host: String
    let port: Int
    var isSecure = false

    /// Tells on standard output that clients can connect.
    func announce() {
        Console.output("listening \(name) \(url)")
    }

    var url: String {
        // An IPv6 address needs brackets in a URL.
        "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// Why nothing can listen here.
    func failure(_ error: any Error) -> String {
        "\(name): \(ServerBindError(host: host, port: port, error))"
    }
}

/// A port that was asked for can't be bound.
struct BindFailure: Error, CustomStringConvertible {
    let description: String
}
