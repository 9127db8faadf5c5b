/// A connection that joins a namespace, subscribes if it is to, and is then left alone. Belongs to one event loop.
final class Bystander: ConnectionDelegate {
    let settings: ConnectionSettings
    private let subscribe: String?
    private let whenJoined: (ClientConnection) -> Void
    private let whenLost: (any Error) -> Void

    init(
        _ settings: ConnectionSettings,
        subscribe: String? = nil,
        whenJoined: @escaping (ClientConnection) -> Void,
        whenLost: @escaping (any Error) -> Void
    ) {
        self.settings = settings
        self.subscribe = subscribe
        self.whenJoined = whenJoined
        self.whenLost = whenLost
    }

    func joined(_ connection: ClientConnection) {
        if let subscribe { connection.send(text: subscribe) }
        whenJoined(connection)
    }

    func received(_ packet: UnsafeRawBufferPointer, at nanoseconds: UInt64) {}

    func lost(_ error: any Error) {
        whenLost(error)
    }
}
