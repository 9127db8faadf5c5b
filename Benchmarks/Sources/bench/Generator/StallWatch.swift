import NIOCore

/// Notices when nothing moves any more: looks at a counter once a second, and gives up when it stood still for
/// `patience`. Belongs to one event loop.
final class StallWatch {
    private let loop: any EventLoop
    private let patience: Int
    private var task: RepeatedTask?
    private var last = -1
    private var still = 0

    /// - Parameter patience: in seconds.
    init(loop: any EventLoop, patience: Int = 10) {
        self.loop = loop
        self.patience = patience
    }

    func start(progress: @escaping () -> Int, stalled: @escaping () -> Void) {
        let look = NIOLoopBound({ self.look(progress(), stalled) }, eventLoop: loop)
        task = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in look.value() }
    }

    func stop() {
        task?.cancel()
        task = nil
    }

    private func look(_ progress: Int, _ stalled: () -> Void) {
        still = progress == last ? still + 1 : 0
        last = progress
        guard still >= patience else { return }
        stop()
        stalled()
    }
}
