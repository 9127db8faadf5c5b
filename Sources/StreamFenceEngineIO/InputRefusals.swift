/// Counts what clients have sent beyond a limit of one request, one message or one packet. One for a server; may be used from any
/// thread.
package final class InputRefusals: Sendable {
    /// The limits, by their names in metrics.
    package enum Limit: String, CaseIterable, Sendable {
        /// The bytes, or the number, of a request's headers.
        case headers
        /// The bytes of a request's body, a websocket message, or a packet with its attachments.
        case payload = "maxPayload"
        /// The websocket frames of a message.
        case frames = "framesPerMessage"
        case attachments = "attachmentsPerPacket"
        case depth = "jsonDepth"
    }

    private let headers = Counter()
    private let payload = Counter()
    private let frames = Counter()
    private let attachments = Counter()
    private let depth = Counter()

    /// How often a limit was exceeded.
    package subscript(limit: Limit) -> Int {
        switch limit {
        case .headers: headers.value
        case .payload: payload.value
        case .frames: frames.value
        case .attachments: attachments.value
        case .depth: depth.value
        }
    }

    package func count(_ limit: Limit) {
        switch limit {
        case .headers: headers.increment()
        case .payload: payload.increment()
        case .frames: frames.increment()
        case .attachments: attachments.increment()
        case .depth: depth.increment()
        }
    }

    /// Counts a message that was refused, if it was for a limit.
    func count(_ error: EngineIOError) {
        switch error.code {
        case .payloadTooLarge: count(.payload)
        case .tooManyFrames: count(.frames)
        default: break
        }
    }
}
