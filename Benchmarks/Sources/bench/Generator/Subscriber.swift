/// One subscriber of a run: checks that it gets each message once and in order. Belongs to one event loop.
final class Subscriber: ConnectionDelegate {
    /// What a client that will read little asks for as its kernel's receive buffer, in bytes, so that what it does not
    /// read stays with the server instead.
    static let smallReceiveBuffer = 4096

    let index: Int
    let settings: ConnectionSettings
    private(set) var connection: ClientConnection?
    private(set) var sequence = SequenceCheck()
    private let stage: Stage

    init(_ index: Int, _ stage: Stage, _ settings: ConnectionSettings) {
        self.index = index
        self.stage = stage
        self.settings = settings
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
        let settled = sequence.received(stamp.sequence)
        if !settled.isEmpty { stage.received(stamp, settled, by: self, at: nanoseconds) }
    }

    func lost(_ error: any Error) {
        stage.lost(error)
    }
}
