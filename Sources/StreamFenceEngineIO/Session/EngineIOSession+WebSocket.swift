import NIOCore

// The websocket side: the session's own transport, and the candidate of an upgrade.
// <https://github.com/socketio/socket.io/tree/main/docs/engine.io-protocol#upgrade>
extension EngineIOSession {
    /// A websocket has connected with this session's id.
    func candidateArrived(_ peer: WebSocketPeer) {
        eventLoop.assertInEventLoop()
        guard machine.candidateArrived() else {
            peer.close(.policyViolation)
            return
        }
        candidate = peer
        candidateDeadline = eventLoop.assumeIsolated().scheduleTask(in: server.configuration.upgradeTimeout) {
            self.server.timedOut.increment(.upgrade)
            self.dropCandidate()
        }
    }

    func webSocketReceived(_ message: EngineMessage, from peer: WebSocketPeer) {
        eventLoop.assertInEventLoop()
        let packet: EnginePacket
        switch message {
        case .binary:
            packet = .message(message)
        case .text(let text):
            do {
                packet = try EnginePacket(text: text)
            } catch {
                server.logRejection("websocket message refused", error)
                webSocketFailed(peer, .parseError)
                return
            }
        }
        if webSocket?.peer.id == peer.id {
            received(packet)
        } else if candidate?.id == peer.id {
            candidateReceived(packet, peer)
        }
    }

    /// The websocket's channel takes more, or no more for now.
    func webSocketWritabilityChanged(_ peer: WebSocketPeer) {
        eventLoop.assertInEventLoop()
        if webSocket?.peer.id == peer.id { tellWhetherWritable() }
    }

    /// The websocket has broken the rules of its transport, or a message on it those of Engine.IO.
    func webSocketFailed(_ peer: WebSocketPeer, _ reason: EngineIOCloseReason) {
        eventLoop.assertInEventLoop()
        if webSocket?.peer.id == peer.id {
            close(reason)
        } else if candidate?.id == peer.id {
            dropCandidate()
        }
    }

    private func candidateReceived(_ packet: EnginePacket, _ peer: WebSocketPeer) {
        switch machine.candidateSent(packet) {
        case .answerProbe:
            peer.send(Self.probeAnswer.frames)
            releasePoll()
        case .switchTransport:
            forgetCandidate()
            releasePoll()
            webSocket = WebSocketOutbound(peer: peer, server.configuration, sessionLoop: eventLoop)
            for message in outbox.takeAll() { appendToWebSocket(message.frames) }
            flush()
            becameWritable()
        case .closeCandidate:
            dropCandidate()
        }
    }

    private static let probeAnswer = EncodedMessage(.pong(ByteBuffer(string: "probe")))

    /// Ends the waiting GET, so that the client can leave polling.
    private func releasePoll() {
        guard let poll = waitingPoll else { return }
        waitingPoll = nil
        machine.pollAnswered()
        poll.answer(takePollBody().map { .payload($0) } ?? .noopPayload)
    }

    private func dropCandidate() {
        machine.candidateLost()
        candidate?.close(.policyViolation)
        forgetCandidate()
        flush()
        becameWritable()
    }

    /// Its deadline goes with it: it would hold the session and the connection until it expires.
    func forgetCandidate() {
        candidate = nil
        candidateDeadline?.cancel()
        candidateDeadline = nil
    }
}

// MARK: - Writing

extension EngineIOSession {
    func appendToWebSocket(_ frames: ByteBuffer) {
        guard let complete = webSocket?.append(frames) else { return }
        webSocket?.peer.channel.write(complete, promise: nil)
    }

    /// Counts what was sent whether or not there was room, and tells how much of that waits by now.
    func sentUnasked(_ bytes: Int) -> Int {
        let wasReadingPaused = webSocket?.isReadingPaused
        let waiting = webSocket?.sentUnasked(bytes) ?? 0
        setReading(unless: wasReadingPaused)
        return waiting
    }

    private func completed(_ bytes: Int) {
        let wasReadingPaused = webSocket?.isReadingPaused
        webSocket?.completed(bytes)
        setReading(unless: wasReadingPaused)
    }

    /// Reads from the websocket or stops reading, unless that is as it was.
    private func setReading(unless wasPaused: Bool?) {
        guard let webSocket, webSocket.isReadingPaused != wasPaused else { return }
        webSocket.peer.setReading(!webSocket.isReadingPaused)
    }

    func flushWebSocket() {
        guard let peer = webSocket?.peer, let gathered = webSocket?.takeGathered() else { return }
        guard let bytes = gathered.counted else {
            peer.channel.writeAndFlush(gathered.frames, promise: nil)
            tellWhetherWritable()
            return
        }
        // The session's loop hears of the completion; the channel may live on another.
        let taken = eventLoop.makePromise(of: Void.self)
        peer.channel.writeAndFlush(gathered.frames, promise: taken)
        taken.futureResult.assumeIsolated().whenComplete { result in
            self.completed(bytes)
            // A failed write is followed by the channel's end, which closes the session.
            if case .success = result { self.tellWhetherWritable() }
        }
    }
}
