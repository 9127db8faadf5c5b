import NIOCore
import Synchronization
import Testing

@testable import StreamFenceSocketIO

@Suite("How much a connection may send")
struct InboundMeterTests {
    private final class Clock: Sendable {
        private let time = Mutex(NIODeadline.uptimeNanoseconds(0))
        var now: NIODeadline { time.withLock { $0 } }
        func advance(by amount: TimeAmount) { time.withLock { $0 = $0 + amount } }
    }

    @Test("A second's worth at once, another one is refused, and what follows is too much")
    func burst() {
        let clock = Clock()
        let meter = InboundMeter(messagesPerSecond: 10, bytesPerSecond: nil, now: { clock.now })
        let verdicts = (1...21).map { _ in meter.take(bytes: 1_000_000) }
        #expect(verdicts == Array(repeating: .within, count: 10) + Array(repeating: .beyond, count: 10) + [.farBeyond])
    }

    @Test("What was used comes back with time, and no more than a second's worth of it")
    func refill() {
        let clock = Clock()
        let meter = InboundMeter(messagesPerSecond: 10, bytesPerSecond: nil, now: { clock.now })
        for _ in 1...15 { _ = meter.take(bytes: 0) }
        #expect(meter.take(bytes: 0) == .beyond)
        clock.advance(by: .milliseconds(100))
        #expect(meter.take(bytes: 0) == .within)
        #expect(meter.take(bytes: 0) == .beyond)
        clock.advance(by: .hours(1))
        #expect((1...11).map { _ in meter.take(bytes: 0) }.filter { $0 == .within }.count == 10)
    }

    @Test("Who keeps to the limit after it was refused is refused no more")
    func reform() {
        let clock = Clock()
        let meter = InboundMeter(messagesPerSecond: 10, bytesPerSecond: nil, now: { clock.now })
        for _ in 1...19 { _ = meter.take(bytes: 0) }
        for _ in 1...100 {
            clock.advance(by: .milliseconds(101))
            #expect(meter.take(bytes: 0) == .within)
        }
    }

    @Test("A message larger than what is left passes, and is made up for by those after it")
    func large() {
        let clock = Clock()
        let meter = InboundMeter(messagesPerSecond: 100, bytesPerSecond: 1000, now: { clock.now })
        #expect(meter.take(bytes: 900) == .within)
        #expect(meter.take(bytes: 2100) == .within)
        clock.advance(by: .milliseconds(1900))
        #expect(meter.take(bytes: 1) == .beyond)
        clock.advance(by: .milliseconds(200))
        #expect(meter.take(bytes: 1) == .within)
    }

    @Test("Bytes count by themselves, and the stricter of both decides")
    func bytes() {
        let clock = Clock()
        let meter = InboundMeter(messagesPerSecond: 100, bytesPerSecond: 1000, now: { clock.now })
        #expect(meter.take(bytes: 1000) == .within)
        #expect(meter.take(bytes: 1) == .beyond)
        #expect(meter.take(bytes: 1000) == .beyond)
        #expect(meter.take(bytes: 1) == .farBeyond)
    }
}
