import StreamFence
import StreamFenceSocketIO

/// One message that a call of the API publishes: `{server?, namespace, topic, payload, key?, clientId?}`.
struct PublishRequest {
    let server: String?
    let namespace: String
    let topic: String
    /// As it came, byte for byte.
    let payload: JSONFragment
    let key: String?
    /// The one client it is for; nil for all subscribers.
    let clientID: String?

    private static let known: Set = ["server", "namespace", "topic", "payload", "key", "clientId"]

    /// - Throws: what is wrong with it. A member that nobody reads is: a mistyped `clientId` would be a message to everyone.
    init(_ body: JSONFragment) throws(ManagementError) {
        guard let names = body.memberNames else { throw .invalid("expected an object") }
        if let unknown = names.first(where: { !Self.known.contains($0) }) {
            throw .invalid(
                "expected server, namespace, topic, payload, key or clientId, found \"\(unknown.prefix(60))\""
            )
        }
        let (namespace, topic, payload, key) = body.members("namespace", "topic", "payload", "key")
        let (server, clientID) = body.members("server", "clientId")
        guard let payload else { throw .invalid("expected payload, found none") }
        self.payload = payload
        self.namespace = try Self.text(namespace, "namespace")
        self.topic = try Self.text(topic, "topic")
        self.key = try Self.optionalText(key, "key")
        self.server = try Self.optionalText(server, "server")
        self.clientID = try Self.optionalText(clientID, "clientId")
    }

    private static func text(_ value: JSONFragment?, _ name: String) throws(ManagementError) -> String {
        guard let text = value?.string else { throw .invalid("expected a string as \(name)") }
        return text
    }

    private static func optionalText(_ value: JSONFragment?, _ name: String) throws(ManagementError) -> String? {
        guard let value, !value.isNull else { return nil }
        return try text(value, name)
    }
}
