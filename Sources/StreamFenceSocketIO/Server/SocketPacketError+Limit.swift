import StreamFenceEngineIO

extension SocketPacketError {
    /// The limit that the packet is beyond; nil if it is wrong in another way.
    var limit: InputLimit? {
        switch code {
        case .payloadTooLarge: .payload
        case .tooManyAttachments: .attachments
        case .tooDeep: .depth
        default: nil
        }
    }
}
