import Synchronization

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

    // Each ends a session or a connection, so that nobody waits for this for long.
    private let counts = Mutex<[Limit: Int]>([:])

    /// How often a limit was exceeded.
    package subscript(limit: Limit) -> Int { counts.withLock { $0[limit, default: 0] } }

    package func count(_ limit: Limit) {
        counts.withLock { $0[limit, default: 0] += 1 }
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
