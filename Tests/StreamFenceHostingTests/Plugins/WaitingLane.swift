import StreamFencePluginKit

/// A lane as a policy sees it, with two messages that wait.
private struct Waiting: LaneContents {
    let namespace = "/feed"
    let topic = "snapshot"
    /// Of the two that wait, and of the newcomer.
    private let messages: [(bytes: Int, rank: Int64, key: String?, payload: String)]

    /// - Parameter key: the newcomer's.
    init(key: String?) {
        messages = [(10, 0, "a", "{}"), (11, 1, nil, "[1]"), (30, -3, key, "\"new\"")]
    }

    func bytes(at index: Int?) -> Int { message(index)?.bytes ?? 0 }
    func rank(at index: Int?) -> Int64 { message(index)?.rank ?? 0 }
    func key(at index: Int?) -> String? { message(index)?.key }

    func withPayload(at index: Int?, _ body: (UnsafeRawBufferPointer) -> Void) {
        var payload = message(index)?.payload ?? ""
        payload.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    func newestOfSameKey(at index: Int?) -> Int? {
        guard let message = message(index) else { return nil }
        return messages.dropLast().lastIndex { $0.key == message.key }
    }

    private func message(_ index: Int?) -> (bytes: Int, rank: Int64, key: String?, payload: String)? {
        guard let index else { return messages.last }
        return messages.dropLast().indices.contains(index) ? messages[index] : nil
    }
}

extension OverflowPolicy {
    /// What it does with a newcomer that would fit in the place of the two that wait, of which the first has the key `a`.
    ///
    /// - Parameter isTold: of the newest message of the newcomer's key, without having to ask.
    func decide(key: String? = "", isTold: Bool = false) -> OverflowDecision {
        Overflow.with(
            cause: .bytes,
            maxMessages: 2,
            maxBytes: 50,
            queuedBytes: 40,
            count: 2,
            bytes: 21,
            newcomerBytes: 30,
            asksForNewest: isTold,
            lane: Waiting(key: key)
        ) { decide($0) }
    }
}
