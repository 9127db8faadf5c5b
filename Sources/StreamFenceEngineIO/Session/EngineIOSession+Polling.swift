import NIOCore

// Long-polling: one GET and one POST of a session may be under way at a time.
// <https://github.com/socketio/socket.io/tree/main/docs/engine.io-protocol#http-long-polling>
extension EngineIOSession {
    /// A GET has arrived: answered now if something waits, else as soon as something is sent.
    func pollArrived(_ exchange: PollExchange) {
        eventLoop.assertInEventLoop()
        switch machine.pollArrived() {
        case .hold:
            waitingPoll = exchange
            becameWritable()
            answerPoll()
        case .answerNoop:
            exchange.answer(.noopPayload)
        case .closeOverlapping:
            server.logRejection("polling request refused", "a second GET at once")
            exchange.answer(.overlapping)
            close(.transportError)
        case .refuse:
            // A session that has just ended may owe it an answer: the GET was on its way from another loop meanwhile.
            exchange.answer(
                server.takeOwedAnswer(id, for: handshake.identity, at: eventLoop.now) ?? .refusal(.badRequest)
            )
        }
    }

    /// Answers the waiting GET, if there is one and something to say.
    func answerPoll() {
        guard let poll = waitingPoll, let body = takePollBody() else { return }
        waitingPoll = nil
        machine.pollAnswered()
        poll.answer(.payload(body))
    }

    /// What a GET is answered with; nil while nothing waits.
    func takePollBody() -> ByteBuffer? {
        let configuration = server.configuration
        return outbox.takeBody(maxBytes: configuration.maxPayload, maxPackets: configuration.packetsPerPoll)
    }

    /// What the waiting GET may still carry, in bytes. Where packets are counted, something of it as long as there is one left: who
    /// writes asks again when it has filled that.
    var pollingRoom: Int {
        guard waitingPoll != nil else { return 0 }
        let bytes = max(0, server.configuration.maxPayload - outbox.count)
        guard server.configuration.maxPacketsPerPoll != nil else { return bytes }
        return outbox.packetCount < server.configuration.packetsPerPoll ? min(1, bytes) : 0
    }

    /// The client gave up its GET, or the connection of either request ended: the client is gone.
    func exchangeAborted(_ exchange: PollExchange) {
        eventLoop.assertInEventLoop()
        if waitingPoll?.id == exchange.id {
            waitingPoll = nil
            machine.pollAnswered()
            close(.transportClose)
        }
    }

    /// A POST has arrived, with its whole body.
    func postArrived(_ body: ByteBuffer, _ exchange: PollExchange) {
        eventLoop.assertInEventLoop()
        exchange.answer(machine.acceptsPosts ? receivePayload(body) : .refusal(.badRequest))
    }

    /// A second POST arrived before the first one was answered.
    func postsOverlapped(_ exchange: PollExchange) {
        eventLoop.assertInEventLoop()
        server.logRejection("polling request refused", "a second POST at once")
        exchange.answer(.overlapping)
        close(.transportError)
    }

    /// Hands the packets of a POST on, one by one, until one of them ends the session.
    private func receivePayload(_ body: ByteBuffer) -> EngineIOResponse {
        guard body.isValidUTF8 else {
            server.logRejection("polling payload refused", "not UTF-8")
            close(.parseError)
            return .badRequest
        }
        var decoder = PollingPayload.Decoder(body)
        do {
            while !isClosed, let packet = try decoder.next() {
                received(packet)
            }
            return .posted
        } catch {
            server.logRejection("polling payload refused", error)
            close(.parseError)
            return .badRequest
        }
    }
}
