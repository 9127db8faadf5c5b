/// What a `streamfence` to measure is configured to be.
struct ServerSetup: Sendable {
    /// A key of the configuration file and its value, as YAML.
    typealias Option = (key: String, value: String)

    struct Namespace: Sendable {
        var path: String
        var topics: [String]
        /// Besides the path and the topics.
        var options: [Option]
    }

    var namespaces: [Namespace]
    /// Of the server, besides its address.
    var options: [Option] = []
    /// Where the server's spill folder is made; it has none if nil.
    var spillParent: String?
    /// Whether it speaks TLS, with a certificate of its own.
    var isSecure = false

    /// No heartbeat during a run: a client that reads nothing answers none, and would be cut.
    static let noHeartbeat: [Option] = [("pingIntervalMs", "3600000")]
    /// No limit of bytes: those of messages are what is measured.
    static let anyBytes: Option = ("maxQueuedBytesPerClient", "1073741824")

    /// The configuration file, on a port of the server's choice.
    func yaml(spillFolder: String?, certificate: ServerCertificate? = nil) -> String {
        var lines = ["servers:", "  benchmark:", "    host: 127.0.0.1", "    port: 0"]
        lines += options.map { "    \($0.key): \($0.value)" }
        if let certificate {
            lines.append("    transport: WSS")
            lines.append("    tls:")
            lines.append("      certChainPemPath: \"\(certificate.chainPath)\"")
            lines.append("      privateKeyPemPath: \"\(certificate.keyPath)\"")
        }
        if let spillFolder { lines.append("    spillRootPath: \"\(spillFolder)\"") }
        lines.append("    namespaces:")
        for namespace in namespaces {
            lines.append("      - path: \(namespace.path)")
            lines.append("        topics: [\(namespace.topics.joined(separator: ", "))]")
            lines += namespace.options.map { "        \($0.key): \($0.value)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One topic, with queues that drop the oldest message.
    ///
    /// - Parameter laneDepth: how many messages a queue holds.
    static func dropOldest(_ address: TopicAddress, laneDepth: Int) -> ServerSetup {
        let options = [
            ("overflowAction", "DROP_OLDEST"),
            ("maxQueuedMessagesPerClient", String(laneDepth)),
            anyBytes,
        ]
        return ServerSetup(namespaces: [
            Namespace(path: address.namespace, topics: [address.topic], options: options)
        ])
    }
}
