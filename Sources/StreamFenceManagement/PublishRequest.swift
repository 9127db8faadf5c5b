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

    private static let known = ["server", "namespace", "topic", "payload", "key", "clientId"]

    init(_ body: JSONFragment) throws(ManagementError) {
        let members = try RequestMembers(body, known: Self.known)
        payload = try members.json("payload")
        namespace = try members.text("namespace")
        topic = try members.text("topic")
        key = try members.optionalText("key")
        server = try members.optionalText("server")
        clientID = try members.optionalText("clientId")
    }
}
