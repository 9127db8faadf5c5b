/// The server is about to bind its port. If it can't, no other event follows until it is started again.
public struct ServerStartingEvent: Sendable, Equatable {
    /// The server's name, see ``ServerConfiguration/name``.
    public let server: String
    /// The address it will bind.
    public let host: String
    /// The port as configured; 0 asks the system for a free one.
    public let port: Int
}

/// The server has bound its port. Comes before anything a client does.
public struct ServerStartedEvent: Sendable, Equatable {
    /// The server's name.
    public let server: String
    /// The address it is bound to, as configured.
    public let host: String
    /// The port it is bound to.
    public let port: Int
}

/// The server has been asked to stop: it goes on to tell its clients and to deliver what is queued.
public struct ServerStoppingEvent: Sendable, Equatable {
    /// The server's name.
    public let server: String
    /// The address it is bound to, as configured.
    public let host: String
    /// The port it is bound to.
    public let port: Int
}

/// The server has stopped: its port is free and every client has left. Comes after everything clients did.
public struct ServerStoppedEvent: Sendable, Equatable {
    /// The server's name.
    public let server: String
    /// The address it was bound to, as configured.
    public let host: String
    /// The port it was bound to.
    public let port: Int
}
