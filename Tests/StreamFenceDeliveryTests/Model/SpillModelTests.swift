import StreamFenceTestSupport
import Testing

@testable import StreamFenceDelivery

/// Lanes that spill against the ``SpillModel``, with a store that is slow, fails and loses things.
@Suite("Accounting of what is spilled")
struct SpillModelTests {
    @Test("Lanes that spill keep their order, and every message is accounted for", arguments: Setup.Kind.spilling)
    func accounting(_ kind: Setup.Kind) async {
        let seed = printedSeed("accounting(\(kind))")
        for sequence in sequences(of: kind) {
            // Other tests wait for the same threads.
            if sequence % 50 == 0 { await Task.yield() }
            guard SpillRun(kind, seed: seed &+ UInt64(sequence)).run() != nil else { continue }
            // Once more, to tell what happened.
            let fault = SpillRun(kind, seed: seed &+ UInt64(sequence), tellsStory: true).run() ?? "not the second time"
            Issue.record("STREAMFENCE_SEED=\(seed), \(kind), sequence \(sequence): \(fault)")
            return
        }
    }
}
