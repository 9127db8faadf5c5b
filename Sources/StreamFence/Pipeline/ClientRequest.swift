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
            let body = try Self.body(of: name, packet)
            try Self.checkToken(body)
            self = .subscribe(topic: try Self.string("topic", in: body, of: name))
        case "unsubscribe":
            self = .unsubscribe(topic: try Self.string("topic", in: try Self.body(of: name, packet), of: name))
        case "publish":
            self = try Self.publish(packet)
        case "ack":
            // The one request that comes as often as messages go out: its body is read once, and no text is made of the id.
            let (topic, messageID) = try Self.body(of: name, packet).members("topic", "messageId")
            self = .acknowledge(
                topic: try Self.string(topic, "topic", of: name),
                messageID: try Self.stringFragment(messageID, "messageId", of: name)
            )
        case "auth":
            throw RequestError(.invalidRequest, "this server asks for no tokens")
        default:
            throw RequestError(
                .invalidRequest,
                "expected subscribe, unsubscribe, publish, ack or auth, found another event"
            )
        }
    }

    private static func publish(_ packet: SocketPacket) throws(RequestError) -> ClientRequest {
        let body = try body(of: "publish", packet)
        try checkToken(body)
        guard let payload = body["payload"] else {
            throw RequestError(.invalidRequest, "publish: expected payload, found none")
        }
        try checkAttachments(packet.attachments, of: payload)
        return .publish(
            topic: try string("topic", in: body, of: "publish"),
            payload: MessagePayload(json: payload, attachments: packet.attachments),
            key: try optionalString("key", in: body, of: "publish")
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
            throw RequestError(.invalidRequest, "\(event): expected an object as the argument")
        }
        return body
    }

    private static func string(
        _ key: String,
        in body: JSONFragment,
        of event: String
    ) throws(RequestError) -> String {
        try string(body[key], key, of: event)
    }

    private static func string(
        _ value: JSONFragment?,
        _ key: String,
        of event: String
    ) throws(RequestError) -> String {
        guard let text = value?.string else {
            throw RequestError(.invalidRequest, "\(event): expected a string as \(key)")
        }
        return text
    }

    private static func stringFragment(
        _ value: JSONFragment?,
        _ key: String,
        of event: String
    ) throws(RequestError) -> JSONFragment {
        guard let value, value.kind == .string else {
            throw RequestError(.invalidRequest, "\(event): expected a string as \(key)")
        }
        return value
    }

    private static func optionalString(
        _ key: String,
        in body: JSONFragment,
        of event: String
    ) throws(RequestError) -> String? {
        guard let value = body[key], !value.isNull else { return nil }
        guard let string = value.string else {
            throw RequestError(.invalidRequest, "\(event): expected a string as \(key)")
        }
        return string
    }

    /// A token may be sent where none is asked for; it has to be one all the same.
    private static func checkToken(_ body: JSONFragment) throws(RequestError) {
        if let token = body["token"], !token.isNull, token.kind != .string {
            throw RequestError(.invalidRequest, "expected a string as token")
        }
    }
}
