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
            exchange.answer(server.takeOwedAnswer(id, for: handshake.identity) ?? .refusal(.badRequest))
        }
    }

    /// Answers the waiting GET, if there is one and something to say.
    func answerPoll() {
        guard let poll = waitingPoll, let body = outbox.takeBody(limit: server.configuration.maxPayload) else { return }
        waitingPoll = nil
        machine.pollAnswered()
        poll.answer(.payload(body))
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
