/// The requests of a long-polling client from its first to the answer to `subscribe`.
struct PollingHandshake {
    struct Request: Equatable {
        var target: String
        /// Nil for a GET.
        var body: String?
    }

    enum Action: Equatable {
        case send(Request)
        case subscribed
        case fail(String)
    }

    private enum Step {
        case opening
        case joining
        case awaitingJoined
        case subscribing
        case awaitingSubscribed
    }

    private static let path = "/socket.io/?EIO=4&transport=polling"

    private let address: TopicAddress
    private var step = Step.opening
    private var session = ""

    init(_ address: TopicAddress) {
        self.address = address
    }

    let first = Request(target: path)

    /// The last request was answered with the body `text`.
    mutating func answered(_ text: String) -> Action {
        switch step {
        case .opening:
            guard text.hasPrefix("0{"), let sid = Self.sessionID(in: text) else { return unexpected(text) }
            session = sid
            step = .joining
            return post("40\(address.namespace),")
        case .joining where text == "ok":
            step = .awaitingJoined
            return poll()
        case .awaitingJoined where text.hasPrefix("40\(address.namespace)"):
            step = .subscribing
            return post(address.subscribe)
        case .subscribing where text == "ok":
            step = .awaitingSubscribed
            return poll()
        // A message may have come before it in the same payload.
        case .awaitingSubscribed where text.contains("[\"subscribed\""):
            return .subscribed
        default:
            return unexpected(text)
        }
    }

    private func poll() -> Action {
        .send(Request(target: "\(Self.path)&sid=\(session)"))
    }

    private func post(_ packet: String) -> Action {
        .send(Request(target: "\(Self.path)&sid=\(session)", body: packet))
    }

    private func unexpected(_ text: String) -> Action {
        .fail("expected the answer after \(step) to a polling client, found: \(text.prefix(200))")
    }

    private static func sessionID(in text: String) -> String? {
        guard let start = text.firstRange(of: "\"sid\":\"")?.upperBound,
            let end = text[start...].firstIndex(of: "\"")
        else { return nil }
        return String(text[start..<end])
    }
}
