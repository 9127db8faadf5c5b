import NIOCore

/// One subscriber of a run: checks that it gets each message once and in order, and acknowledges if it is to. Belongs
/// to one event loop.
final class Subscriber: ConnectionDelegate {
    /// What a client that will read little asks for as its kernel's receive buffer, in bytes, so that what it does not
    /// read stays with the server instead.
    static let smallReceiveBuffer = 4096

    let index: Int
    let settings: ConnectionSettings
    private(set) var connection: ClientConnection?
    private(set) var sequence = SequenceCheck()
    private let stage: Stage
    private let acknowledgements: AcknowledgementWriter?
    /// A message whose attachment has not come yet.
    private var incomplete: MessageFormat.Stamp?
    /// Acknowledgements, to be written when there is nothing more to be read.
    private var frames = ByteBuffer()

    init(_ index: Int, _ stage: Stage, _ settings: ConnectionSettings, _ acknowledgements: AcknowledgementWriter?) {
        self.index = index
        self.stage = stage
        self.settings = settings
        self.acknowledgements = acknowledgements
    }

    func joined(_ connection: ClientConnection) {
        self.connection = connection
        stage.joined(self, connection)
    }

    func received(_ packet: UnsafeRawBufferPointer, at nanoseconds: UInt64) {
        guard let stamp = stage.format.stamp(of: packet) else {
            if let refusal = stage.format.refusal(in: packet) { stage.refused(refusal) }
            return
        }
        // A duplicate too: the server does not know that it is one.
        if let acknowledgements, !acknowledgements.write(packet, stamp, into: &frames) {
            stage.notAcknowledgeable(packet)
            return
        }
        if stage.format.attachment == nil {
            received(stamp, at: nanoseconds)
        } else {
            incomplete = stamp
        }
    }

    func received(attachment: UnsafeRawBufferPointer, at nanoseconds: UInt64) {
        guard let stamp = incomplete, attachment.count == stage.format.attachment?.readableBytes else {
            return stage.lost(BenchmarkError("found an attachment of \(attachment.count) bytes that nobody has sent"))
        }
        incomplete = nil
        received(stamp, at: nanoseconds)
    }

    private func received(_ stamp: MessageFormat.Stamp, at nanoseconds: UInt64) {
        let settled = sequence.received(stamp.sequence)
        if !settled.isEmpty { stage.received(stamp, settled, by: self, at: nanoseconds) }
    }

    func readEnded() {
        guard frames.readableBytes > 0 else { return }
        connection?.send(frames)
        frames.clear()
    }

    func lost(_ error: any Error) {
        stage.lost(error)
    }
}
