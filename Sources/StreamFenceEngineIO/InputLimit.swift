/// What bounds one request, one message and one packet, by the names of the limits in metrics.
package enum InputLimit: String, CaseIterable, Sendable {
    /// The bytes, or the number, of a request's headers.
    case headers
    /// The bytes of a request's body, a websocket message, or a packet with its attachments.
    case payload = "maxPayload"
    /// The websocket frames of a message.
    case frames = "framesPerMessage"
    case attachments = "attachmentsPerPacket"
    case depth = "jsonDepth"

    /// nil for a message that is refused for anything else.
    init?(_ error: EngineIOError) {
        switch error.code {
        case .payloadTooLarge: self = .payload
        case .tooManyFrames: self = .frames
        default: return nil
        }
    }
}
