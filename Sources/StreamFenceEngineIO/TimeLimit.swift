/// What a client is given time for, by the names of the limits in configurations and metrics. A connection that takes longer is closed.
package enum TimeLimit: String, CaseIterable, Sendable {
    /// The first request of a connection, the TLS handshake before it included, and any request's body.
    case request = "requestTimeoutMs"
    /// The next request of a connection.
    case idle = "idleTimeoutMs"
    /// The upgrade to a websocket, once that has connected.
    case upgrade = "upgradeTimeoutMs"
    /// To join a namespace.
    case connect = "connectTimeoutMs"
    /// To answer a heartbeat.
    case ping = "pingTimeoutMs"
}
