import NIOCore
import StreamFenceEngineIO

/// A packet encoded once, for any number of clients.
package typealias EncodedPacket = EncodedMessage

extension EncodedMessage {
    convenience init(_ text: ByteBuffer, attachments: [ByteBuffer] = []) {
        self.init(text: text, attachments: attachments)
    }
}

/// One client in one namespace. Its methods may be called from any thread; handlers run on ``eventLoop``.
public final class Socket: Sendable {
    /// Names the client in this namespace; not the session's id, which is a secret.
    public let id: String
    /// The namespace's path, such as `/chat`.
    public let namespace: String
    /// The loop that owns the client; the namespace's handlers for it run here.
    public let eventLoop: any EventLoop
    /// The request that opened the session.
    public let handshake: EngineIOHandshake
    /// What the client sent along when it joined the namespace (`auth`), if anything.
    public let auth: JSONFragment?
    private let state: NIOLoopBoundBox<State>

    struct State {
        /// nil once the client has left the namespace.
        var connection: SocketIOConnection?
        var acknowledgements = PendingAcknowledgements()
        /// What the namespace keeps with the socket.
        var companion: AnyObject?
    }

    init(namespace: String, auth: JSONFragment?, connection: SocketIOConnection) {
        id = EngineIOServer.newSessionID()
        self.namespace = namespace
        self.auth = auth
        eventLoop = connection.session.eventLoop
        handshake = connection.session.handshake
        state = NIOLoopBoundBox(State(connection: connection), eventLoop: eventLoop)
    }

    /// Sends an event. A client that lets too much pile up is disconnected, see `maxBufferedBytes`.
    public func emit(_ event: String, _ arguments: SocketValue...) {
        emit(event, SocketPayload(values: arguments))
    }

    /// Sends an event with a payload made or received elsewhere.
    public func emit(_ event: String, _ payload: SocketPayload) {
        send(.event(event, payload: payload, namespace: namespace))
    }

    /// Sends an event and waits for the client's acknowledgement.
    ///
    /// - Parameter timeout: how long to wait, default 10 seconds.
    /// - Throws: ``AcknowledgementError``.
    public func emitWithAck(
        _ event: String,
        _ payload: SocketPayload = SocketPayload(),
        timeout: TimeAmount = .seconds(10)
    ) async throws -> SocketPayload {
        let promise = eventLoop.makePromise(of: SocketPayload.self)
        onLoop { socket in
            guard socket.state.value.connection != nil else {
                promise.fail(AcknowledgementError.disconnected)
                return
            }
            let id = socket.state.value.acknowledgements.add(promise)
            let timer = socket.eventLoop.scheduleTask(in: timeout) {
                socket.state.value.acknowledgements.take(id)?.fail(AcknowledgementError.timedOut)
            }
            promise.futureResult.whenComplete { _ in timer.cancel() }
            socket.send(.event(event, payload: payload, namespace: socket.namespace, id: id))
        }
        return try await promise.futureResult.get()
    }

    /// Leaves the namespace for the client; its other namespaces stay.
    ///
    /// - Parameter closingConnection: whether the client's connection is closed as well.
    public func disconnect(closingConnection: Bool = false) {
        onLoop { socket in
            guard let connection = socket.state.value.connection else { return }
            connection.disconnect(socket, closingConnection: closingConnection)
        }
    }

    /// Answers an event, if its sender asked for an answer.
    package func acknowledge(_ packet: SocketPacket, _ payload: SocketPayload) {
        guard let id = packet.id else { return }
        send(.acknowledgement(of: id, payload: payload, namespace: namespace))
    }

    /// Sends a finished packet, with everything else of this tick.
    package func send(_ packet: EncodedPacket) {
        onLoop { $0.state.value.connection?.session.send(packet) }
    }

    private func onLoop(_ body: @escaping @Sendable (Socket) -> Void) {
        if eventLoop.inEventLoop {
            body(self)
        } else {
            eventLoop.execute { body(self) }
        }
    }
}

// MARK: - On the event loop

extension Socket {
    /// The session that carries the client; nil once it has left. On the event loop only.
    package var session: EngineIOSession? { state.value.connection?.session }

    /// What a namespace keeps with the socket. On the event loop only.
    package var companion: AnyObject? {
        get { state.value.companion }
        set { state.value.companion = newValue }
    }

    /// Counts a packet against what the client's connection may send. On the event loop only.
    ///
    /// - Returns: whether it is within that. If not, the connection is closed where the client goes on all the same.
    package func charge(_ packet: SocketPacket) -> Bool {
        guard let connection = state.value.connection else { return false }
        return connection.charge(packet) == .within
    }

    /// An acknowledgement arrived.
    ///
    /// - Returns: whether anybody waited for it.
    func acknowledged(_ id: UInt64, with payload: SocketPayload) -> Bool {
        guard let promise = state.value.acknowledgements.take(id) else { return false }
        promise.succeed(payload)
        return true
    }

    /// The client has left: nothing is sent any more, nothing is waited for.
    func left() {
        state.value.connection = nil
        for promise in state.value.acknowledgements.takeAll() { promise.fail(AcknowledgementError.disconnected) }
    }
}

extension Socket: CustomStringConvertible {
    /// The namespace and the id, for logs; holds no secret.
    public var description: String { "\(namespace)#\(id)" }
}
