import NIOCore
import StreamFenceTestSupport
import Testing

@testable import StreamFenceDelivery

/// A store should leave out what it can't return as it was given; one that returns something else must do no harm.
@Suite("A store that returns something else")
struct SpillGarbageTests {
    @Test("No byte of a record, whatever it becomes, stops the lane or breaks its accounts")
    func everyByte() {
        for index in 0..<70 {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                let difference = afterReading { record in
                    if index < record.count { record[index] = value }
                }
                #expect(difference == nil, "byte \(index) as \(value)")
            }
        }
    }

    @Test("Nor does a record that is cut off, or anything at all")
    func anything() {
        var generator = SeededGenerator(seed: printedSeed())
        for length in 0..<70 {
            #expect(afterReading { $0.removeLast(min(length, $0.count)) } == nil, "cut by \(length)")
        }
        for _ in 0..<300 {
            let length = Int.random(in: 0...80, using: &generator)
            var bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if length > 1 { bytes[0] = 1 }
            let record = bytes
            #expect(afterReading { $0 = record } == nil, "\(record)")
        }
    }

    @Test("A loss of more messages than there can be is none that was written")
    func hugeLoss() {
        let difference = afterReading { record in
            // The first is lost, which is to be told together with what the second says was lost before it.
            let hasGap = record.count > 1 && record[1] & 2 != 0
            guard hasGap else { return record = [] }
            record.replaceSubrange(37..<45, with: [255, 255, 255, 255, 255, 255, 255, 127])
        }
        #expect(difference == nil)
    }

    /// - Returns: what is wrong after all records were changed like this, read and delivered.
    private func afterReading(_ change: @escaping @Sendable (inout [UInt8]) -> Void) -> String? {
        var options = Subscriber.Options()
        options.notifiesGaps = true
        options.timeToLive = .hours(1)
        let disk = Disk(perClient: 3)
        let client = disk.client(messages: 1, bytes: 20, options)
        // Each record has a key, and the second a gap.
        client.publish("1", to: "a", key: "red")
        client.publish("2", "too large, by far, to be kept", "3", to: "a", key: "red")
        disk.store.garbles = change
        for _ in 0..<3 {
            disk.works(for: client)
            client.transportTakes(1000)
        }
        disk.works(for: client)
        let counts = client.counts
        if client.writer.held != 0 { return "\(client.writer.held) messages are stuck" }
        if counts.offered != counts.ended { return "\(counts) don't add up" }
        if client.lanes.queuedBytes != 0 { return "\(client.lanes.queuedBytes) bytes are held" }
        return disk.isIdle ? nil : "the store still has something"
    }
}
