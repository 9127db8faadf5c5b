import NIOCore
import StreamFenceSocketIO

/// What a client asks for, read from an event of the client protocol.
enum ClientRequest {
    case subscribe(topic: String, token: String?)
    case unsubscribe(topic: String)
    case publish(topic: String, payload: MessagePayload, key: String?, token: String?)
    /// Acknowledges an AT_LEAST_ONCE message.
    case acknowledge(topic: String, messageID: JSONFragment)
    /// Shows a token, to be known by from now on.
    case authenticate(token: String)

    /// The members of a request are read in one pass: requests come as often as messages do, and payloads are long.
    ///
    /// - Parameters:
    ///   - name: the event's name.
    ///   - packet: the event.
    init(_ name: String, _ packet: SocketPacket) throws(RequestError) {
        switch name {
        case "ack":
            let (topic, messageID) = try Self.body(of: name, packet).members("topic", "messageId")
            guard let messageID, messageID.kind == .string else {
                throw Self.expected("a string as messageId", in: name)
            }
            self = .acknowledge(topic: try Self.text(topic, "topic", of: name), messageID: messageID)
        case "publish":
            self = try Self.publish(packet)
        case "subscribe":
            let (topic, token) = try Self.body(of: name, packet).members("topic", "token")
            let shown = try Self.token(token)
            self = .subscribe(topic: try Self.text(topic, "topic", of: name), token: shown)
        case "unsubscribe":
            self = .unsubscribe(topic: try Self.text(try Self.body(of: name, packet)["topic"], "topic", of: name))
        case "auth":
            self = .authenticate(token: try Self.text(try Self.body(of: name, packet)["token"], "token", of: name))
        default:
            throw RequestError(
                .invalidRequest,
                "expected subscribe, unsubscribe, publish, ack or auth, found another event"
            )
        }
    }

    private static func publish(_ packet: SocketPacket) throws(RequestError) -> ClientRequest {
        let (topic, payload, key, token) = try body(of: "publish", packet).members("topic", "payload", "key", "token")
        let shown = try self.token(token)
        guard let payload else { throw expected("payload, found none", in: "publish") }
        try checkAttachments(packet.attachments, of: payload)
        return .publish(
            topic: try text(topic, "topic", of: "publish"),
            payload: MessagePayload(json: payload, attachments: packet.attachments),
            key: key?.isNull ?? true ? nil : try text(key, "key", of: "publish"),
            token: shown
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

    private static func body(of event: String, _ packet: SocketPacket) throws(RequestError) -> JSONFragment {
        guard let body = packet.argument(at: 0), body.kind == .object else {
            throw expected("an object as the argument", in: event)
        }
        return body
    }

    private static func text(_ value: JSONFragment?, _ key: String, of event: String) throws(RequestError) -> String {
        guard let text = value?.string else { throw expected("a string as \(key)", in: event) }
        return text
    }

    private static func expected(_ what: String, in event: String) -> RequestError {
        RequestError(.invalidRequest, "\(event): expected \(what)")
    }

    /// A token may be sent where none is asked for; it has to be one all the same.
    private static func token(_ token: JSONFragment?) throws(RequestError) -> String? {
        guard let token, !token.isNull else { return nil }
        guard let text = token.string else { throw RequestError(.invalidRequest, "expected a string as token") }
        return text
    }
}
