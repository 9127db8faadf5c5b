import NIOCore
import StreamFenceEngineIO
import StreamFenceSocketIO

/// What a client does with what the server sends: opening (awaits the Engine.IO handshake) -> joining (has asked for its
/// namespace) -> joined -> ended.
///
/// A pure value: every event returns what ``ClientHandler`` has to do.
///
/// - <https://github.com/socketio/socket.io/tree/main/docs/engine.io-protocol>
/// - <https://github.com/socketio/socket.io/tree/main/docs/socket.io-protocol>
struct ClientStateMachine {
    enum Phase: Equatable {
        case opening
        case joining
        case joined
        case ended
    }

    enum Action: Equatable {
        case nothing
        /// Ask for the namespace; from now on a heartbeat is due within this time of the last one.
        case join(heartbeatTimeout: TimeAmount)
        case joined(id: String)
        case deliver(SocketPacket, name: String)
        case acknowledged(UInt64, SocketPacket)
        /// The next heartbeat's time begins.
        case answerHeartbeat(ByteBuffer)
        /// A ping of the websocket itself.
        case answerPing(ByteBuffer)
        case end(End)
        /// The server has answered our close frame.
        case closeChannel
    }

    /// Why it ends, and what is still to be said.
    struct End: Equatable {
        let reason: SocketIOCloseReason
        /// Given where the namespace was not joined yet.
        let failure: ConnectFailure?
        let farewell: Farewell
    }

    enum Farewell: Equatable {
        /// The connection is gone.
        case none
        /// Leave the namespace, close the websocket.
        case leave
        case close(WebSocketCloseCode)
        /// Answer the server's close frame, which had this code.
        case answerClose(UInt16?)
    }

    private(set) var phase = Phase.opening
    private let namespace: String
    private var decoder: SocketPacketDecoder

    init(namespace: String, limits: SocketPacketDecoder.Limits) {
        self.namespace = namespace
        decoder = SocketPacketDecoder(limits: limits)
    }
}

// MARK: - What arrives

extension ClientStateMachine {
    mutating func received(_ event: WebSocketFrameDecoder.Event) -> Action {
        guard phase != .ended else {
            if case .close = event { return .closeChannel }
            return .nothing
        }
        switch event {
        case .ping(let content): return .answerPing(content)
        case .pong: return .nothing
        case .close(let code): return end(.closedByServer(code: code), .answerClose(code))
        case .message(let message): return received(message)
        }
    }

    /// The websocket's rules were broken.
    mutating func failed(_ error: EngineIOError) -> Action {
        end(.protocolViolation(error.description), .close(WebSocketCloseCode(error)))
    }

    private mutating func received(_ message: EngineMessage) -> Action {
        do {
            switch message {
            case .binary(let bytes): return handle(try decoder.receive(binary: bytes))
            case .text(let text): return try received(EnginePacket(text: text))
            }
        } catch {
            return violation("\(error)")
        }
    }

    private mutating func received(_ packet: EnginePacket) throws -> Action {
        switch (packet, phase) {
        case (.open(let content), .opening):
            return open(try EngineHandshake(content))
        case (_, .opening):
            return violation("expected an Engine.IO open packet, found another one")
        case (.message(.text(let text)), _):
            return handle(try decoder.receive(text: text))
        case (.ping(let content), _):
            return .answerHeartbeat(content)
        case (.close, _):
            return end(.closedByServer(code: nil), .close(.normal))
        case (.noop, _), (.pong, _):
            return .nothing
        case (.open, _), (.upgrade, _), (.message(.binary), _):
            return violation("expected a packet a server may send now, found another one")
        }
    }

    private mutating func open(_ handshake: EngineHandshake) -> Action {
        phase = .joining
        return .join(heartbeatTimeout: handshake.heartbeatTimeout)
    }

    /// - Parameter packet: nil while its attachments are still to come.
    private mutating func handle(_ packet: SocketPacket?) -> Action {
        guard let packet else { return .nothing }
        guard packet.namespace == namespace else {
            return violation("expected packets of the namespace \(namespace), found one of another")
        }
        switch (packet.kind, phase) {
        case (.connect, .joining):
            guard let id = packet.data?["sid"]?.string else {
                return violation("expected a session id with the connect packet, found none: is this Socket.IO 2?")
            }
            phase = .joined
            return .joined(id: id)
        case (.connectError, .joining):
            return refused(SocketIOConnectError.Refusal(packet.data))
        case (.disconnect, _):
            return end(.disconnectedByServer, .close(.normal))
        case (.event, .joined):
            guard let name = packet.eventName else { return violation("expected an event with a name, found none") }
            return .deliver(packet, name: name)
        case (.ack, .joined):
            return packet.id.map { .acknowledged($0, packet) } ?? .nothing
        default:
            return violation("expected a packet that fits the state of the connection, found \(packet.kind)")
        }
    }
}

// MARK: - The end

extension ClientStateMachine {
    /// The program closes the client.
    mutating func closeRequested() -> Action {
        end(.closedByClient, phase == .joined ? .leave : .close(.normal))
    }

    mutating func heartbeatMissed(_ timeout: TimeAmount) -> Action {
        end(.heartbeatMissing(within: timeout), .close(.policyViolation))
    }

    /// The connection is gone, for this cause if one is known.
    mutating func connectionLost(_ cause: String?) -> Action {
        end(.connectionLost(cause), .none)
    }

    private mutating func violation(_ what: String) -> Action {
        end(.protocolViolation(what), .close(.protocolError))
    }

    private mutating func refused(_ refusal: SocketIOConnectError.Refusal) -> Action {
        phase = .ended
        let message = (refusal.code.map { "\($0): " } ?? "") + refusal.message
        let failure = ConnectFailure(step: .namespace, code: .refused, message: message, refusal: refusal)
        return .end(End(reason: .disconnectedByServer, failure: failure, farewell: .close(.normal)))
    }

    private mutating func end(_ reason: SocketIOCloseReason, _ farewell: Farewell) -> Action {
        defer { phase = .ended }
        switch phase {
        case .opening: return .end(End(reason: reason, failure: failure(.engine, reason), farewell: farewell))
        case .joining: return .end(End(reason: reason, failure: failure(.namespace, reason), farewell: farewell))
        case .joined: return .end(End(reason: reason, failure: nil, farewell: farewell))
        case .ended: return .nothing
        }
    }

    private func failure(_ step: SocketIOConnectError.Step, _ reason: SocketIOCloseReason) -> ConnectFailure {
        if case .protocolViolation(let what) = reason {
            return ConnectFailure(step: step, code: .unexpectedAnswer, message: what)
        }
        return ConnectFailure(step: step, code: .closed, message: reason.description)
    }
}
