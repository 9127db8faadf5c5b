/// What keeps some clients from reading.
enum Hindrance: Sendable, Equatable {
    case nothing
    /// They read nothing.
    case paused(clients: Int)
    /// They read so many bytes a second.
    case slow(clients: Int, bytes: Int)
    /// They come over long-polling and send no GET.
    case notPolling(clients: Int)

    /// How many websocket subscribers, the first ones, are hindered.
    var subscribers: Int {
        switch self {
        case .nothing, .notPolling: 0
        case .paused(let clients), .slow(let clients, _): clients
        }
    }

    var pollingClients: Int {
        if case .notPolling(let clients) = self { clients } else { 0 }
    }
}

struct PacedSettings: Sendable {
    var address = TopicAddress.snapshot
    /// All of them, hindered or not.
    var clients: Int
    /// How many are counted and timed, the last ones: the same in a run in which nobody is hindered.
    var healthy: Int
    var hindrance: Hindrance
    /// Messages a second.
    var rate: Int
    var count: Int
    /// Of a payload, in bytes.
    var size: Int
    /// Of the attachment that each message has, in bytes; none if nil.
    var attachment: Int?
}
