import NIOCore
import StreamFenceSocketIO

/// What a client asks for, read from an event of the client protocol.
enum ClientRequest {
    case subscribe(topic: String)
    case unsubscribe(topic: String)
    case publish(topic: String, payload: MessagePayload, key: String?)
    /// Acknowledges an AT_LEAST_ONCE message.
    case acknowledge(topic: String, messageID: JSONFragment)

    /// - Parameters:
    ///   - name: the event's name.
    ///   - packet: the event.
    init(_ name: String, _ packet: SocketPacket) throws(RequestError) {
        switch name {
        case "subscribe":
            let body = try Body(of: name, packet)
            try body.checkToken()
            self = .subscribe(topic: try body.requiredTopic())
        case "unsubscribe":
            self = .unsubscribe(topic: try Body(of: name, packet).requiredTopic())
        case "publish":
            self = try Self.publish(try Body(of: name, packet), packet)
        case "ack":
            let body = try Body(of: name, packet)
            guard let messageID = body.messageID, messageID.kind == .string else {
                throw body.missing("a string as messageId")
            }
            self = .acknowledge(topic: try body.requiredTopic(), messageID: messageID)
        case "auth":
            throw RequestError(.invalidRequest, "this server asks for no tokens")
        default:
            throw RequestError(
                .invalidRequest,
                "expected subscribe, unsubscribe, publish, ack or auth, found another event"
            )
        }
    }

    private static func publish(_ body: Body, _ packet: SocketPacket) throws(RequestError) -> ClientRequest {
        try body.checkToken()
        guard let payload = body.payload else { throw body.missing("payload, found none") }
        try checkAttachments(packet.attachments, of: payload)
        return .publish(
            topic: try body.requiredTopic(),
            payload: MessagePayload(json: payload, attachments: packet.attachments),
            key: try body.optionalKey()
        )
    }

    /// Only the payload travels on: an attachment that another part of the request refers to would reach subscribers
    /// without its placeholder, and a strict one closes its connection over that.
    private static func checkAttachments(
        _ attachments: [ByteBuffer],
        of payload: JSONFragment
    ) throws(RequestError) {
        guard !attachments.isEmpty else { return }
        do {
            try AttachmentPlaceholders.check(payload, attachments: attachments.count, offset: 0)
        } catch {
            throw RequestError(.invalidRequest, "publish: expected every attachment to be in the payload")
        }
    }
}

/// A request's argument, read in one pass: these requests come as often as messages do, and payloads are long.
private struct Body {
    let event: String
    let topic: JSONFragment?
    let payload: JSONFragment?
    let key: JSONFragment?
    let token: JSONFragment?
    let messageID: JSONFragment?

    init(of event: String, _ packet: SocketPacket) throws(RequestError) {
        guard let body = packet.argument(at: 0), body.kind == .object else {
            throw RequestError(.invalidRequest, "\(event): expected an object as the argument")
        }
        let members = body.members(["topic", "payload", "key", "token", "messageId"])
        self.event = event
        (topic, payload, key, token, messageID) = (members[0], members[1], members[2], members[3], members[4])
    }

    func missing(_ expected: String) -> RequestError {
        RequestError(.invalidRequest, "\(event): expected \(expected)")
    }

    func requiredTopic() throws(RequestError) -> String {
        guard let topic = topic?.string else { throw missing("a string as topic") }
        return topic
    }

    func optionalKey() throws(RequestError) -> String? {
        guard let key, !key.isNull else { return nil }
        guard let text = key.string else { throw missing("a string as key") }
        return text
    }

    /// A token may be sent where none is asked for; it has to be one all the same.
    func checkToken() throws(RequestError) {
        if let token, !token.isNull, token.kind != .string {
            throw RequestError(.invalidRequest, "expected a string as token")
        }
    }
}
