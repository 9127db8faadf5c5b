import StreamFence

/// The listeners of one process that want a port which another has.
///
/// - Returns: a problem for each, but for the first to have the port. Which addresses a host name means is not looked up.
func portClashes(_ servers: [ServerConfiguration], _ management: ManagementConfiguration?) -> [ConfigurationProblem] {
    var listeners = servers.map { Listener(name: $0.name, path: "servers.\($0.name)", host: $0.host, port: $0.port) }
    if let management {
        listeners.append(
            Listener(name: "management", path: "management", host: management.host, port: management.port)
        )
    }
    return listeners.indices.compactMap { index in
        let listener = listeners[index]
        guard let rival = listeners[..<index].first(where: listener.clashes) else { return nil }
        return ConfigurationProblem(
            path: "\(listener.path).port",
            message: "expected a port of its own, found that of \(rival.name), \(listener.port)"
        )
    }
}

private struct Listener {
    let name: String
    let path: String
    let host: String
    let port: Int

    func clashes(with other: Listener) -> Bool {
        port != 0 && port == other.port && (host == other.host || takes(other) || other.takes(self))
    }

    /// Whether it listens on every address that another might mean.
    private func takes(_ other: Listener) -> Bool {
        switch host {
        // IPv4 as well.
        case "::": true
        case "0.0.0.0": !other.host.contains(":") || other.host == "::"
        default: false
        }
    }
}
