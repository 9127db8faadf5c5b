import NIOCore
import StreamFenceSocketIO

/// What `receive` answers to one text message of a fresh decoder.
func decode(
    _ text: String,
    limits: SocketPacketDecoder.Limits = .init()
) throws(SocketPacketError) -> SocketPacket? {
    var decoder = SocketPacketDecoder(limits: limits)
    return try decoder.receive(text: ByteBuffer(string: text))
}

/// The refusal of one text message, as its line in the log; `nil` if it is accepted.
func refusal(of text: String, limits: SocketPacketDecoder.Limits = .init()) -> String? {
    refusal(of: ByteBuffer(string: text), limits: limits)
}

func refusal(of text: ByteBuffer, limits: SocketPacketDecoder.Limits = .init()) -> String? {
    var decoder = SocketPacketDecoder(limits: limits)
    do {
        _ = try decoder.receive(text: text)
        return nil
    } catch {
        return error.description
    }
}
