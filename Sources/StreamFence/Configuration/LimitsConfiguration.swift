/// How much one request, one client, one address, one principal and all of them may ask of a server. What is nil has no limit of
/// its own.
public struct LimitsConfiguration: Sendable, Equatable {
    /// The most connections at a time; default none, that is ``defaultConnections``. One beyond it is closed at once.
    public var connections: Int?
    /// The most sessions of one address at a time, and four times as many TCP connections, default any number. IPv6 addresses count by
    /// their first 64 bits; a proxy of ``ServerConfiguration/trustedProxies`` has any number of connections.
    public var connectionsPerAddress: Int?
    /// The most connections that are authenticated as one principal at a time, default any number.
    public var connectionsPerPrincipal: Int?
    /// The most namespaces that one connection may be in, default any number.
    public var namespacesPerConnection: Int?
    /// The most topics of a namespace that one client may be subscribed to, default any number.
    public var subscriptionsPerClient: Int?
    /// The most messages that one connection may send in a second, default any number. Acknowledgements of what was in flight
    /// are not counted, unless they are longer than 1024 bytes.
    public var inboundMessagesPerSecond: Int?
    /// The most bytes that one connection may send in messages in a second, attachments included, default any number. Those of
    /// Engine.IO itself, such as heartbeats, are not counted.
    public var inboundBytesPerSecond: Int?

    /// The most bytes of a request's target and headers, names and values, default 65,536. Beyond it a request is answered with
    /// status 431.
    public var headerBytes = 65_536
    /// The most headers of a request, default 100. Beyond it a request is answered with status 431.
    public var headers = 100
    /// The most websocket frames that a message may come in, default 10,000; its bytes are limited by
    /// ``ServerConfiguration/maxPayload``. A client that sends more is disconnected.
    public var framesPerMessage = 10_000
    /// The most binary attachments of a packet, default 10, none with 0; their bytes are limited, together with the packet's, by
    /// ``ServerConfiguration/maxPayload``. A client that sends more is disconnected.
    public var attachmentsPerPacket = 10
    /// How many arrays and objects may be open inside one another in the JSON that a client sends, default 128. A client that sends
    /// deeper ones is disconnected.
    public var jsonDepth = 128

    /// Every limit has its default.
    public init() {}
}

extension LimitsConfiguration {
    /// What ``connections`` is where it is not set: 80 % of the files that this process may have open. The rest is for spill stores,
    /// logs and the management port.
    public static var defaultConnections: Int { max(1, OpenFiles.limit / 10 * 8) }

    func check(_ found: inout ProblemList, auth: AuthMode) {
        let all = [
            ("connections", connections), ("connectionsPerAddress", connectionsPerAddress),
            ("connectionsPerPrincipal", connectionsPerPrincipal), ("namespacesPerConnection", namespacesPerConnection),
            ("subscriptionsPerClient", subscriptionsPerClient), ("inboundMessagesPerSecond", inboundMessagesPerSecond),
            ("inboundBytesPerSecond", inboundBytesPerSecond),
        ]
        for (key, value) in all {
            guard let value else { continue }
            found.require((1...1 << 40).contains(value), key, "expected 1 to \(1 << 40), found \(value)")
        }
        for (key, value, range) in [
            ("headerBytes", headerBytes, 1024...1 << 24), ("headers", headers, 1...10_000),
            ("framesPerMessage", framesPerMessage, 1...1 << 40),
            ("attachmentsPerPacket", attachmentsPerPacket, 0...1_000_000), ("jsonDepth", jsonDepth, 1...1_000_000),
        ] {
            let expected = "expected \(range.lowerBound) to \(range.upperBound)"
            found.require(range.contains(value), key, "\(expected), found \(value)")
        }
        found.require(
            connectionsPerPrincipal == nil || auth == .token,
            "connectionsPerPrincipal",
            "has an effect with auth: TOKEN only"
        )
    }
}
