import StreamFencePluginKit
import Synchronization

/// `statsd`: sends each snapshot to a StatsD server, as UDP datagrams.
///
/// 1. Counters are sent as what they have risen by, gauges as they are, of histograms the number and the sum of observations.
/// 2. A datagram that the network does not take at once is left out, and nothing waits: what its counters have risen by is part of
///    the next snapshot.
/// 3. Only numbers of the last snapshot are kept, so a metric that has gone costs nothing.
final class StatsD: MetricsSink {
    private let encoder: LineEncoder
    private let sender: UDPSender
    /// What has been sent of each counter.
    private let sent = Mutex<[Line.Counter.ID: Double]>([:])

    init(_ encoder: LineEncoder, _ sender: UDPSender) {
        self.encoder = encoder
        self.sender = sender
    }

    func export(_ snapshot: MetricsSnapshot) throws {
        let before = sent.withLock { $0 }
        let lines = snapshot.samples.flatMap { encoder.lines(of: $0, since: before) }
        var now: [Line.Counter.ID: Double] = [:]
        for line in lines {
            if let counter = line.counter { now[counter.id] = before[counter.id] }
        }
        var failure: (any Error)?
        for datagram in Datagram.pack(lines) {
            do {
                try sender.send(datagram.bytes)
                for counter in datagram.counters { now[counter.id] = counter.value }
            } catch {
                failure = error
            }
        }
        sent.withLock { $0 = now }
        if let failure { throw failure }
    }
}
