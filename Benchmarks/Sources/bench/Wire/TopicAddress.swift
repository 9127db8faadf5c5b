/// A topic and the namespace it is in.
struct TopicAddress: Codable, Sendable, Equatable {
    var namespace: String
    var topic: String

    /// Where what is measured is published, and received without being acknowledged.
    static let snapshot = TopicAddress(namespace: "/feed", topic: "snapshot")
    /// Where what is measured has to be acknowledged.
    static let alerts = TopicAddress(namespace: "/alerts", topic: "alerts")

    /// What a client sends to receive the topic's messages.
    var subscribe: String { "42\(namespace),[\"subscribe\",{\"topic\":\"\(topic)\"}]" }
}
