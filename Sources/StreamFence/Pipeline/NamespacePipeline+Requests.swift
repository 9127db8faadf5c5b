import Logging
import NIOCore
import StreamFenceDelivery
import StreamFenceSocketIO

// What clients ask for, and how they are answered: with the event of the protocol, and with an acknowledgement where they
// asked for one. Nothing is ignored in silence.
extension NamespacePipeline {
    func received(_ packet: SocketPacket, named name: String, from socket: Socket) {
        guard let client = client(of: socket) else { return }
        // Whoever is sent much acknowledges much: what acknowledges nothing is counted where that turns out.
        guard name == "ack" || socket.charge(packet) else {
            return refuseOverRate(packet, named: name, of: client)
        }
        // An acknowledgement asks for nothing: held, it would come too late.
        if let gate = client.gate, gate.isValidating, name != "ack" {
            return hold(packet, named: name, of: client, gate)
        }
        carryOut(packet, named: name, from: client)
    }

    func carryOut(_ packet: SocketPacket, named name: String, from client: Client) {
        do throws(RequestError) {
            let request = try ClientRequest(name, packet)
            guard try isPermitted(request, packet, named: name, from: client) else { return }
            try perform(request, packet, from: client)
        } catch {
            refuse(packet, named: name, error, of: client)
        }
    }

    /// A request that nothing stands in the way of.
    func perform(_ request: ClientRequest, _ packet: SocketPacket, from client: Client) throws(RequestError) {
        switch request {
        case .subscribe(let topic, _):
            try subscribe(client, to: try self.topic(topic), packet)
        case .unsubscribe(let name):
            let topic = try topic(name)
            unsubscribe(client, from: topic)
            answer(client, packet, event: "unsubscribed", topic: name)
        case .publish(let topic, let payload, let key, _):
            try publish(payload, to: try self.topic(topic), key: key, packet, from: client)
        case .acknowledge(let topic, let messageID):
            acknowledge(messageID, on: try self.topic(topic), packet, from: client)
        case .authenticate:
            try answerAuthenticated(client, packet)
        }
    }

    /// Whoever is sent much acknowledges much: what was in flight is acknowledged for nothing, unless more comes with it.
    func chargeAcknowledgement(_ packet: SocketPacket, isExpected: Bool, to socket: Socket) {
        if isExpected, packet.heldBytes <= Self.freeAcknowledgementBytes { return }
        if !socket.charge(packet) { counters.overRate.increment() }
    }

    private static let freeAcknowledgementBytes = 1024

    private func refuseOverRate(_ packet: SocketPacket, named name: String, of client: Client) {
        counters.overRate.increment()
        // The connection of one that does not listen is closed by now.
        guard !client.lanes.isClosed else { return }
        refuse(packet, named: name, RequestError(.rateLimited, "expected fewer messages in a second"), of: client)
    }

    func refuse(_ packet: SocketPacket, named name: String, _ error: RequestError, of client: Client) {
        if name == "publish" { noteRejected(packet, error, from: client) }
        if name == "ack" {
            counters.unknownAcknowledgements.increment()
            chargeAcknowledgement(packet, isExpected: false, to: client.socket)
        }
        refuse(client, packet, error)
    }

    private func subscribe(_ client: Client, to topic: Topic, _ packet: SocketPacket) throws(RequestError) {
        // A second subscribe keeps the lane and what waits in it.
        guard client.lanes.lane(for: topic.index) == nil else {
            return answer(client, packet, event: "subscribed", topic: topic.name)
        }
        if let maxSubscriptions, client.lanes.topics.count >= maxSubscriptions {
            counters.refusedSubscriptions.increment()
            throw RequestError(.rateLimited, "expected at most \(maxSubscriptions) subscriptions, found one more")
        }
        let retained = client.shard.subscribe(client.lanes, to: topic, fanout)
        noteSubscribed(client, to: topic)
        answer(client, packet, event: "subscribed", topic: topic.name)
        // Answering ends the session of a client that reads nothing: there is no lane then.
        guard let batch = MessageBatch(client.lanes.fresh(retained)), let lane = client.lanes.lane(for: topic.index)
        else { return }
        lane.offer(batch)
        lane.writer.drain()
    }

    private func unsubscribe(_ client: Client, from topic: Topic) {
        guard client.lanes.lane(for: topic.index) != nil else { return }
        client.shard.unsubscribe(client.lanes, from: topic, fanout)
        noteUnsubscribed(client, from: topic)
    }

    /// A late acknowledgement is no error: retries make them likely. Nor is one in a BEST_EFFORT namespace, where nothing
    /// awaits any.
    private func acknowledge(_ messageID: JSONFragment, on topic: Topic, _ packet: SocketPacket, from client: Client) {
        let lane = client.lanes.lane(for: topic.index)
        // An id of another server, or none at all, is as foreign as a number that was never sent.
        let outcome = client.lanes.acknowledge(messageIDs.number(in: messageID) ?? .max, on: lane)
        if lane == nil { topic.counters[client.shard.index].count(.foreignAcknowledgements) }
        chargeAcknowledgement(packet, isExpected: outcome == .accepted, to: client.socket)
        guard packet.id != nil else { return }
        client.socket.acknowledge(
            packet,
            SocketPayload(["ok": true, "topic": .string(topic.name), "acknowledged": .bool(outcome == .accepted)])
        )
    }

    // MARK: Publishing

    private func publish(
        _ payload: MessagePayload,
        to topic: Topic,
        key: String?,
        _ packet: SocketPacket,
        from client: Client
    ) throws(RequestError) {
        topic.inbound.received.count(bytes: payload.count)
        let handler = topic.inbound.handler
        try checkMayPublish(isHandled: handler != nil)
        if handler != nil { try client.inbound.checkRoom(for: packet.heldBytes) }
        let receipt = Receipt(packet: packet, socket: client.socket, messageID: messageIDs.next())
        let message =
            configuration.clientPublish == .relay
            ? try message(payload, id: receipt.messageID, topic: topic, key: key) : nil
        if let handler, configuration.inboundAckPolicy == .ackAfterHandlerSuccess {
            // Nobody is to get what the handler refuses.
            return handle(payload, topic, handler, id: receipt.messageID, bytes: packet.heldBytes, from: client) {
                [self] result in
                let result = result.flatMap { Result { receipt.recipients = try relay(message, payload, to: topic) } }
                noteHandled(topic.name, from: receipt.clientID, result)
                receipt.acknowledge(result)
            }
        }
        receipt.recipients = try relay(message, payload, to: topic)
        if let handler {
            handle(payload, topic, handler, id: receipt.messageID, bytes: packet.heldBytes, from: client) { _ in }
        }
        noteAccepted(topic.name, from: receipt.clientID)
        receipt.acknowledge()
    }

    /// - Parameter message: nil where nothing is relayed.
    /// - Returns: how many subscribers it was sent to.
    private func relay(
        _ message: Message?,
        _ payload: MessagePayload,
        to topic: Topic
    ) throws(RequestError) -> Int {
        guard let message else { return 0 }
        let recipients = try fanout.publish(message, topic: topic.index)
        topic.published.count(bytes: payload.count)
        return recipients
    }

    private func checkMayPublish(isHandled: Bool) throws(RequestError) {
        switch configuration.clientPublish {
        case .relay:
            break
        case .handle:
            if !isHandled { throw RequestError(.publishDenied, "nothing handles messages on this topic") }
        case .deny:
            throw RequestError(.publishDenied, "clients may not publish in \(configuration.path)")
        }
    }

    /// Has the topic's handler called when its turn comes.
    ///
    /// - Parameter done: called on the client's event loop with what became of it.
    private func handle(
        _ payload: MessagePayload,
        _ topic: Topic,
        _ handler: @escaping InboundMessageHandler,
        id: MessageID,
        bytes: Int,
        from client: Client,
        done: @escaping (Result<Void, any Error>) -> Void
    ) {
        let context = InboundMessageContext(
            clientID: client.socket.id,
            namespace: configuration.path,
            topic: topic.name,
            messageID: id,
            principal: client.principal,
            receivedAt: now()
        )
        let server = client.socket.session?.server
        let done = NIOLoopBound(done, eventLoop: client.shard.eventLoop)
        client.inbound.run({ try await handler(payload, context) }, bytes: bytes) { result in
            if case .failure(let error) = result {
                server?.logRejection("message handler failed", "\(context.namespace) \(context.topic): \(error)")
            }
            done.value(result)
        }
    }

    // MARK: Answers

    private func answer(_ client: Client, _ packet: SocketPacket, event: String, topic: String) {
        client.socket.emit(event, ["topic": .string(topic)])
        client.socket.acknowledge(packet, SocketPayload(["ok": true, "topic": .string(topic)]))
    }

    private func refuse(_ client: Client, _ packet: SocketPacket, _ error: RequestError) {
        client.socket.session?.server.logRejection(
            "request refused",
            "\(error.code.rawValue): \(error.message), client \(client.socket)"
        )
        client.socket.emit("error", ["code": .string(error.code.rawValue), "message": .string(error.message)])
        client.socket.acknowledge(packet, .refusal(error))
    }
}

extension SocketPayload {
    fileprivate static func refusal(_ error: RequestError) -> SocketPayload {
        SocketPayload(["ok": false, "code": .string(error.code.rawValue), "message": .string(error.message)])
    }
}

/// The acknowledgement a publishing client is owed. Owned by the client's event loop.
private final class Receipt {
    let messageID: MessageID
    var recipients = 0
    private let packet: SocketPacket
    private let socket: Socket

    init(packet: SocketPacket, socket: Socket, messageID: MessageID) {
        self.packet = packet
        self.socket = socket
        self.messageID = messageID
    }

    var clientID: String { socket.id }

    func acknowledge() {
        guard packet.id != nil else { return }
        // One for each message that clients publish: written rather than built, where it is seen in a profile.
        var json = ByteBufferAllocator().buffer(capacity: 80)
        json.writeStaticString("{\"ok\":true,\"messageId\":\"")
        json.writeString(messageID.description)
        json.writeStaticString("\",\"recipients\":")
        json.writeString(String(recipients))
        json.writeStaticString("}")
        socket.acknowledge(packet, SocketPayload(trusted: JSONFragment(trusted: json)))
    }

    /// The handler's outcome decides, and whether there is room for what it has let pass.
    func acknowledge(_ result: Result<Void, any Error>) {
        switch result {
        case .success:
            acknowledge()
        case .failure(let error):
            socket.acknowledge(packet, .refusal(.publishing(error)))
        }
    }
}
