import NIOCore

/// Looks at a server's resident memory every 100 ms, from outside it. Belongs to one event loop.
final class MemoryWatch {
    private static let interval = TimeAmount.milliseconds(100)

    private let server: ProcessFigures
    private let loop: any EventLoop
    private var task: RepeatedTask?
    /// In KiB, when the watch began; nil where the system does not tell.
    private(set) var before: Int?
    /// In KiB, the most seen since.
    private(set) var peak: Int?

    init(_ server: ProcessFigures, loop: any EventLoop) {
        self.server = server
        self.loop = loop
    }

    /// Begins, or begins again: what was seen before is forgotten.
    func start() {
        stop()
        before = server.residentKiB()
        peak = before
        let look = NIOLoopBound({ self.look() }, eventLoop: loop)
        task = loop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { _ in look.value() }
    }

    func stop() {
        guard let task else { return }
        look()
        task.cancel()
        self.task = nil
    }

    /// How much more than at the beginning there was, in KiB.
    var growth: Int? {
        peak.flatMap { peak in before.map { peak - $0 } }
    }

    private func look() {
        guard let now = server.residentKiB() else { return }
        peak = max(peak ?? now, now)
    }
}
