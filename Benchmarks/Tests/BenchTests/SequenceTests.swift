import Testing

@testable import bench

@Suite("Gaps and duplicates")
struct SequenceCheckTests {
    @Test("What is heard first sets the beginning")
    func beginning() {
        var check = SequenceCheck()
        #expect(check.next == nil)
        #expect(check.received(7) == 7..<8)
        #expect(check.received(8) == 8..<9)
        #expect(check.gaps == 0)
        #expect(check.duplicates == 0)
    }

    @Test("A skipped message is a gap and is settled with the one after it")
    func gap() {
        var check = SequenceCheck()
        _ = check.received(0)
        #expect(check.received(3) == 1..<4)
        #expect(check.gaps == 2)
        #expect(check.next == 4)
    }

    @Test("What comes again or late is a duplicate and settles nothing")
    func duplicate() {
        var check = SequenceCheck()
        for sequence in [0, 1, 2] { _ = check.received(sequence) }
        #expect(check.received(2).isEmpty)
        #expect(check.received(0).isEmpty)
        #expect(check.duplicates == 2)
        #expect(check.received(3) == 3..<4)
    }
}

@Suite("The window of the publisher")
struct PublishWindowTests {
    private func published(_ window: inout PublishWindow) -> [Int] {
        var all: [Int] = []
        while let next = window.publishNext() { all.append(next) }
        return all
    }

    @Test("It opens to its size, and on by one for each message that all have, on average")
    func average() {
        var window = PublishWindow(size: 3, laneDepth: 8, subscribers: 2, first: 5, count: 100)
        #expect(published(&window) == [5, 6, 7])
        window.settle(5..<6)
        #expect(published(&window) == [])
        window.settle(5..<6)
        #expect(published(&window) == [8])
        // One subscriber is two ahead of the other: on average that is one.
        window.settle(6..<8)
        #expect(published(&window) == [9])
        #expect(window.slowest == 6)
    }

    @Test("No subscriber falls behind further than its lane is deep")
    func slowest() {
        var window = PublishWindow(size: 4, laneDepth: 4, subscribers: 2, first: 0, count: 100)
        #expect(published(&window) == [0, 1, 2, 3])
        window.settle(0..<4)
        #expect(published(&window) == [])
        window.settle(0..<1)
        #expect(published(&window) == [4])
    }

    @Test("It is complete when all have settled the last message")
    func complete() {
        var window = PublishWindow(size: 10, laneDepth: 16, subscribers: 2, first: 3, count: 2)
        #expect(published(&window) == [3, 4])
        window.settle(3..<5)
        #expect(!window.isComplete)
        window.settle(4..<5)
        #expect(!window.isComplete)
        window.settle(3..<4)
        #expect(window.isComplete)
        #expect(window.settled == 4)
    }

    @Test("What came before the first message does not count")
    func probes() {
        var window = PublishWindow(size: 1, laneDepth: 4, subscribers: 1, first: 2, count: 1)
        #expect(published(&window) == [2])
        window.settle(0..<2)
        #expect(!window.isComplete)
        #expect(window.settled == 0)
        window.settle(1..<3)
        #expect(window.isComplete)
    }
}
