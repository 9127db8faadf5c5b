import StreamFenceEngineIO

extension ServerConfiguration {
    /// Every rule this configuration breaks; empty when it can be served.
    ///
    /// - Parameters:
    ///   - path: what to put before each key, such as `servers.feed`; by default that of ``name``.
    ///   - registry: what the configuration can name; by default what comes with StreamFence.
    public func problems(at path: String? = nil, registry: PluginRegistry = .builtin) -> [ConfigurationProblem] {
        var found = ProblemList(path: path ?? "servers.\(name)")
        found.require((0...65_535).contains(port), "port", "expected 0 to 65535, found \(port)")
        found.require(!host.isEmpty, "host", "expected an address to bind, found an empty one")
        found.requireBytes(maxPayload, "maxPayload")
        found.require(maxPayload <= 1 << 30, "maxPayload", "expected at most 1073741824 bytes, found \(maxPayload)")
        found.requireMilliseconds(pingInterval, "pingIntervalMs", minimum: 1)
        found.requireMilliseconds(pingTimeout, "pingTimeoutMs", minimum: 1)
        found.requireMilliseconds(connectTimeout, "connectTimeoutMs", minimum: 1)
        found.requireMilliseconds(requestTimeout, "requestTimeoutMs", minimum: 1)
        found.requireMilliseconds(upgradeTimeout, "upgradeTimeoutMs", minimum: 1)
        found.requireMilliseconds(idleTimeout, "idleTimeoutMs", minimum: 1)
        if let maxPacketsPerPoll {
            let key = "maxPacketsPerPoll"
            found.require(maxPacketsPerPoll >= 1, key, "expected at least 1 packet, found \(maxPacketsPerPoll)")
            let isPolled = engineIOTransport == .webSocketOrPolling
            found.require(isPolled, key, "has an effect with engineIoTransport: WEBSOCKET_OR_POLLING only")
        }
        found.requireMilliseconds(shutdownDrain, "shutdownDrainMs", minimum: 0)
        checkTransport(&found)
        checkAuthentication(&found, registry)
        checkOrigins(&found)
        checkProxies(&found)
        found.nested("limits") { limits.check(&$0, auth: auth) }
        checkStorage(&found, registry)
        checkMetrics(&found, registry)
        checkNamespaces(&found, registry)
        return found.problems
    }

    private func checkTransport(_ found: inout ProblemList) {
        switch (transport, tls) {
        case (.ws, _?):
            found.add("tls", "has no effect with transport: WS; set transport: WSS or remove it")
        case (.wss, nil):
            found.add("tls", "expected a certificate and its key for transport: WSS, found none")
        case (.wss, let tls?):
            found.nested("tls") { found in
                found.require(!tls.certChainPemPath.isEmpty, "certChainPemPath", "expected a file, found an empty path")
                found.require(
                    !tls.privateKeyPemPath.isEmpty,
                    "privateKeyPemPath",
                    "expected a file, found an empty path"
                )
                found.require(
                    tls.clientCAPemPath?.isEmpty != true,
                    "clientCaPemPath",
                    "expected a file, found an empty path"
                )
                found.require(
                    tls.clientCAPemPath == nil || auth == .token || tls.clientCertificateRequired,
                    "clientCaPemPath",
                    "has an effect with auth: TOKEN or clientCertificateRequired: true only"
                )
                found.require(
                    tls.clientCAPemPath != nil || !tls.clientCertificateRequired,
                    "clientCertificateRequired",
                    "has an effect with clientCaPemPath only"
                )
            }
        case (.ws, nil):
            break
        }
    }

    private func checkOrigins(_ found: inout ProblemList) {
        for (index, origin) in cors.origins.enumerated() where !isOrigin(origin) {
            let expected = "expected *, or an origin such as https://app.example.com or https://*.example.com"
            found.add("cors.origins[\(index)]", "\(expected), found \"\(origin)\"")
        }
    }

    private func checkProxies(_ found: inout ProblemList) {
        for (index, proxy) in trustedProxies.enumerated() where AddressRange(proxy) == nil {
            let expected = "expected an IP address or a block such as 10.0.0.0/8"
            found.add("trustedProxies[\(index)]", "\(expected), found \"\(proxy)\"")
        }
    }

    /// `scheme://host[:port]` without a path, as a browser sends it; the host's first part may be a star.
    private func isOrigin(_ text: String) -> Bool {
        if text == "*" { return true }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty, !parts[2].isEmpty else { return false }
        let host = parts[2].hasPrefix("*.") ? parts[2].dropFirst(2) : parts[2]
        return parts[0].count > 1 && parts[0].hasSuffix(":") && !host.isEmpty && !"\(parts[0])\(host)".contains("*")
    }

    private func checkStorage(_ found: inout ProblemList, _ registry: PluginRegistry) {
        if let maxQueuedBytes {
            found.requireBytes(maxQueuedBytes, "maxQueuedBytes")
        }
        found.require(!spillRootPath.isEmpty, "spillRootPath", "expected a folder, found an empty path")
        found.requireBytes(maxSpillBytes, "maxSpillBytes")
        found.requireBytes(maxSpillPendingBytes, "maxSpillPendingBytes")
        found.nested("spillStore") { registry.check(spillStore, .spillStore, &$0) }
    }

    private func checkMetrics(_ found: inout ProblemList, _ registry: PluginRegistry) {
        // Every snapshot reads all counters: a shorter interval would be no news, and cost.
        found.requireMilliseconds(metricsInterval, "metricsIntervalMs", minimum: 100)
        found.require(
            !metrics.isEmpty || metricsInterval == .seconds(10),
            "metricsIntervalMs",
            "has an effect with metrics only"
        )
        for (index, choice) in metrics.enumerated() {
            found.nested("metrics[\(index)]") { registry.check(choice, .metricsSink, &$0) }
            // What it counts would be counted twice.
            if let first = metrics.firstIndex(of: choice), first < index {
                found.add("metrics[\(index)]", "expected another sink than metrics[\(first)], found the same")
            }
        }
    }

    private func checkNamespaces(_ found: inout ProblemList, _ registry: PluginRegistry) {
        found.require(!namespaces.isEmpty, "namespaces", "expected at least one namespace, found none")
        var seen: Set<String> = []
        for (index, namespace) in namespaces.enumerated() {
            found.nested("namespaces[\(index)]") {
                namespace.check(&$0, registry)
                // Not against the default: a configuration must not be right on one machine and wrong on another.
                if let most = maxQueuedBytes {
                    $0.require(
                        namespace.maxQueuedBytesPerClient <= most,
                        "maxQueuedBytesPerClient",
                        "expected at most the server's maxQueuedBytes (\(most)), found \(namespace.maxQueuedBytesPerClient)"
                    )
                }
            }
            if !seen.insert(namespace.path).inserted {
                found.add("namespaces[\(index)].path", "\"\(namespace.path)\" is already another namespace's path")
            }
        }
    }
}

/// The text for an option that is part of the contract and not built yet: it is refused, never accepted without effect.
func notYet(_ what: String) -> String {
    "\(what) is not available in this version"
}

/// Collects problems under a path.
struct ProblemList {
    private(set) var problems: [ConfigurationProblem] = []
    private var path: String

    init(path: String = "") {
        self.path = path
    }

    mutating func add(_ key: String, _ message: String) {
        let whole = path.isEmpty || key.isEmpty ? path + key : "\(path).\(key)"
        problems.append(ConfigurationProblem(path: whole, message: message))
    }

    mutating func require(_ holds: Bool, _ key: String, _ message: @autoclosure () -> String) {
        if !holds { add(key, message()) }
    }

    mutating func requireMilliseconds(_ value: Duration, _ key: String, minimum: Int64) {
        let longest = Duration.milliseconds(Int64(Int32.max))
        require(
            value >= .milliseconds(minimum) && value <= longest,
            key,
            "expected \(minimum) to \(Int32.max) milliseconds, found \(value.inMilliseconds)"
        )
    }

    /// An absent value is fine.
    mutating func requireMilliseconds(_ value: Duration?, _ key: String, minimum: Int64) {
        if let value { requireMilliseconds(value, key, minimum: minimum) }
    }

    /// At least one byte, and few enough to be counted with: more than any machine has.
    mutating func requireBytes(_ value: Int, _ key: String) {
        require(value >= 1, key, "expected at least 1 byte, found \(value)")
        require(value <= 1 << 50, key, "expected at most \(1 << 50) bytes, found \(value)")
    }

    mutating func nested(_ key: String, _ check: (inout ProblemList) -> Void) {
        let outer = path
        path = path.isEmpty ? key : "\(path).\(key)"
        check(&self)
        path = outer
    }
}
