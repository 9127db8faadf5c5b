import NIOCore

/// The connection of a run that publishes. Belongs to one event loop.
final class Publisher: ConnectionDelegate {
    let settings: ConnectionSettings
    private var connection: ClientConnection?
    private let stage: Stage
    private var frames = ByteBuffer()

    init(_ stage: Stage, _ settings: ConnectionSettings) {
        self.stage = stage
        self.settings = settings
    }

    /// Adds a packet to what the next ``flush()`` sends.
    func add(_ packet: ByteBuffer) {
        frames.writeClientText(packet)
        if let attachment = stage.format.attachment { frames.writeClientBinary(attachment) }
    }

    func flush() {
        guard frames.readableBytes > 0 else { return }
        connection?.send(frames)
        frames.clear()
    }

    func joined(_ connection: ClientConnection) {
        self.connection = connection
        stage.joined(connection)
    }

    func received(_ packet: UnsafeRawBufferPointer, at nanoseconds: UInt64) {
        if let id = stage.format.receipt(in: packet) {
            stage.accepted(id)
        } else if let refusal = stage.format.refusal(in: packet) {
            stage.refused(refusal)
        }
    }

    func readEnded() {
        stage.publisherReadEnded()
    }

    func lost(_ error: any Error) {
        stage.lost(error)
    }
}
