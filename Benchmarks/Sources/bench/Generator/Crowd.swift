import NIOCore

/// Opens many connections, some at a time: the next begins when one has joined, so that no queue of connections
/// waiting to be accepted overflows. Belongs to one event loop.
final class Crowd {
    private static let openingAtOnce = 64

    private let endpoint: Endpoint
    private let loop: any EventLoop
    private var waiting: ArraySlice<any ConnectionDelegate> = []
    private var connections: [ClientConnection] = []
    private var expected = 0
    private var whenAllJoined: () -> Void = {}

    init(_ endpoint: Endpoint, loop: any EventLoop) {
        self.endpoint = endpoint
        self.loop = loop
    }

    var joinedCount: Int { connections.count }

    /// Opens a connection for each delegate, which has to call ``joined(_:)`` when told so by its connection.
    func open(_ delegates: [any ConnectionDelegate], whenAllJoined: @escaping () -> Void) {
        loop.assertInEventLoop()
        waiting = delegates[...]
        expected = delegates.count
        self.whenAllJoined = whenAllJoined
        for _ in 0..<Self.openingAtOnce { openNext() }
    }

    func joined(_ connection: ClientConnection) {
        connections.append(connection)
        if connections.count == expected {
            whenAllJoined()
        } else {
            openNext()
        }
    }

    /// Closes all connections; succeeds when they are closed.
    func close() -> EventLoopFuture<Void> {
        waiting = []
        whenAllJoined = {}
        let closing = connections.compactMap { $0.close() }
        connections = []
        return EventLoopFuture.andAllComplete(closing, on: loop)
    }

    private func openNext() {
        guard let delegate = waiting.popFirst() else { return }
        ClientConnection.open(endpoint, on: loop, delegate: delegate)
    }
}
