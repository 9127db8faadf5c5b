import NIOCore
import StreamFenceEngineIO
import StreamFenceSocketIO

/// The only handler of a connection after the websocket handshake: does what ``ClientStateMachine`` decides.
///
/// 1. Turns bytes into frames, and finished frames into bytes.
/// 2. Puts events into the ``EventBuffer``; while that is full nothing more is decoded, and nothing more is read.
/// 3. Completes the acknowledgements the program waits for.
/// 4. Answers heartbeats, and ends a connection without them. While nothing is read, none can be seen: they are not missed
///    then.
/// 5. Says farewell, and closes the channel.
///
/// Owned by the channel's event loop.
final class ClientHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let namespace: String
    private let auth: JSONFragment?
    private let events: EventBuffer
    /// Completed when the namespace is joined; fails with ``ConnectFailure``.
    private var joinPromise: EventLoopPromise<Joined>?
    private var machine: ClientStateMachine
    private var frames: WebSocketFrameDecoder
    /// A decoder that has found an error must not be used again.
    private var canDecode = true
    private var acknowledgements = PendingAcknowledgements()
    private var context: ChannelHandlerContext?
    private var connectionError: String?

    /// The events are full.
    private var isPaused = false
    /// The channel wanted to read while paused.
    private var isReadHeld = false
    private var isFlushScheduled = false
    private var heartbeatTimeout: TimeAmount?
    private var heartbeatTimer: Scheduled<Void>?

    /// How long the server may take to answer a close frame.
    private static let closeTimeout = TimeAmount.seconds(2)
    /// The largest packet taken, with all its attachments, in bytes. A server has no limit of its own for what it sends.
    private static let maxPacketBytes = 64 << 20
    private static let maxAttachments = 1_000

    /// - Parameter joined: completed when the namespace is joined; fails with ``ConnectFailure``.
    init(namespace: String, auth: JSONFragment?, events: EventBuffer, joined: EventLoopPromise<Joined>) {
        self.namespace = namespace
        self.auth = auth
        self.events = events
        joinPromise = joined
        // A message's type digit is not part of the packet.
        frames = WebSocketFrameDecoder(role: .client, maxMessageBytes: Self.maxPacketBytes + 1)
        machine = ClientStateMachine(
            namespace: namespace,
            limits: .init(maxAttachments: Self.maxAttachments, maxPayloadBytes: Self.maxPacketBytes)
        )
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        perform(machine.connectionLost(connectionError))
        self.context = nil
    }
}

@available(*, unavailable)
extension ClientHandler: Sendable {}

// MARK: - What arrives

extension ClientHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard canDecode else { return }
        frames.append(unwrapInboundIn(data))
        process()
    }

    func channelInactive(context: ChannelHandlerContext) {
        // What the kernel still had has been read: it is little, and it was sent before the end.
        isPaused = false
        process(toTheEnd: true)
        perform(machine.connectionLost(connectionError))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connectionError = describe(error)
        context.close(promise: nil)
    }

    private func process(toTheEnd: Bool = false) {
        while canDecode, toTheEnd || !isPaused {
            do {
                guard let event = try frames.next() else { return }
                perform(machine.received(event))
            } catch {
                canDecode = false
                perform(machine.failed(error))
                // Nobody could read the server's answer to our close frame.
                context?.flush()
                context?.close(promise: nil)
            }
        }
    }

    private func perform(_ action: ClientStateMachine.Action) {
        switch action {
        case .nothing:
            break
        case .join(let heartbeatTimeout):
            self.heartbeatTimeout = heartbeatTimeout
            awaitHeartbeat()
            let packet = SocketPacket(kind: .connect, namespace: namespace, data: auth)
            write(.message(.text(SocketPacketEncoder.text(of: packet))))
        case .joined(let id):
            guard let context else { return }
            joinPromise?.succeed(Joined(id: id, connection: connection(context)))
            joinPromise = nil
        case .deliver(let packet, let name):
            deliver(packet, name)
        case .acknowledged(let id, let packet):
            let payload = SocketPayload(packet)
            acknowledgements.take(id)?.succeed(payload)
        case .answerHeartbeat(let content):
            awaitHeartbeat()
            write(.pong(content))
        case .answerPing(let content):
            var frame = ByteBuffer()
            frame.writeClientControlFrame(.pong, content)
            write(frame)
        case .end(let end):
            self.end(end)
        case .closeChannel:
            context?.close(promise: nil)
        }
    }

    private func deliver(_ packet: SocketPacket, _ name: String) {
        guard let context else { return }
        let event = SocketIOClientEvent(name: name, packet: packet, connection: connection(context))
        let bytes = packet.attachments.reduce(packet.data?.buffer.readableBytes ?? 0) { $0 + $1.readableBytes }
        if !events.append(event, bytes: bytes) {
            isPaused = true
            heartbeatTimer?.cancel()
        }
    }

    private func connection(_ context: ChannelHandlerContext) -> ClientConnection {
        ClientConnection(channel: context.channel, events: events, handler: self)
    }
}

// MARK: - Back-pressure and heartbeat

extension ClientHandler {
    func read(context: ChannelHandlerContext) {
        if isPaused {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    /// The events have room again.
    func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        // What has been read already comes first, and may fill them again.
        process()
        guard !isPaused else { return }
        if machine.phase != .ended { awaitHeartbeat() }
        readIfHeld()
    }

    private func readIfHeld() {
        guard isReadHeld else { return }
        isReadHeld = false
        context?.read()
    }

    private func awaitHeartbeat() {
        heartbeatTimer?.cancel()
        guard let heartbeatTimeout, let context else { return }
        heartbeatTimer = context.eventLoop.assumeIsolated().scheduleTask(in: heartbeatTimeout) {
            self.perform(self.machine.heartbeatMissed(heartbeatTimeout))
        }
    }
}

// MARK: - What the program wants

extension ClientHandler {
    /// Sends what is for the namespace; nothing once the connection has ended.
    func send(_ message: OutboundMessage) {
        guard machine.phase == .joined else { return }
        write(message.frames(namespace: namespace))
    }

    func request(
        _ event: String,
        _ payload: SocketPayload,
        timeout: TimeAmount,
        _ promise: EventLoopPromise<SocketPayload>
    ) {
        guard machine.phase == .joined, let context else {
            promise.fail(AcknowledgementError.disconnected)
            return
        }
        let id = acknowledgements.add(promise)
        let timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            self.acknowledgements.take(id)?.fail(AcknowledgementError.timedOut)
        }
        promise.futureResult.assumeIsolated().whenComplete { _ in
            timer.cancel()
            // Still there if it was the program that gave it up.
            _ = self.acknowledgements.take(id)
        }
        send(.event(event, payload, id: id))
    }

    func close() {
        perform(machine.closeRequested())
    }

    private func write(_ packet: EnginePacket) {
        var frame = ByteBuffer()
        frame.writeClientFrame(packet)
        write(frame)
    }

    /// Writes finished frames; they leave together with everything else of this tick.
    private func write(_ frames: ByteBuffer) {
        guard let context else { return }
        context.write(wrapOutboundOut(frames), promise: nil)
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        context.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.context?.flush()
        }
    }
}

// MARK: - The end

extension ClientHandler {
    private func end(_ end: ClientStateMachine.End) {
        heartbeatTimer?.cancel()
        heartbeatTimer = nil
        // First, so that whoever waited for an acknowledgement finds the reason.
        events.finish(end.reason)
        if let failure = end.failure { joinPromise?.fail(failure) }
        joinPromise = nil
        for promise in acknowledgements.takeAll() { promise.fail(AcknowledgementError.disconnected) }
        sayFarewell(end.farewell)
        isPaused = false
        process()
        readIfHeld()
    }

    private func sayFarewell(_ farewell: ClientStateMachine.Farewell) {
        guard let context else { return }
        switch farewell {
        case .none:
            break
        case .leave:
            let packet = SocketPacket(kind: .disconnect, namespace: namespace)
            write(.message(.text(SocketPacketEncoder.text(of: packet))))
            startClosing(.normal, context)
        case .close(let code):
            startClosing(code, context)
        case .answerClose(let code):
            writeClose(code)
            context.flush()
            context.close(promise: nil)
        }
    }

    /// The server answers with a close frame of its own, upon which the channel is closed.
    private func startClosing(_ code: WebSocketCloseCode, _ context: ChannelHandlerContext) {
        writeClose(code.rawValue)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.closeTimeout) {
            self.context?.close(promise: nil)
        }
    }

    private func writeClose(_ code: UInt16?) {
        var payload = ByteBuffer()
        if let code { payload.writeInteger(code) }
        var frame = ByteBuffer()
        frame.writeClientControlFrame(.close, payload)
        write(frame)
    }
}
