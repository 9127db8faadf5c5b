import NIOCore

extension EventLoop {
    /// Runs `body` on this event loop, which has to be the current one, at a time of the monotonic clock.
    func at(_ deadline: NIODeadline, _ body: @escaping () -> Void) -> Scheduled<Void> {
        let bound = NIOLoopBound(body, eventLoop: self)
        return scheduleTask(deadline: deadline) { bound.value() }
    }

    /// Runs `body` on this event loop, which has to be the current one, after `delay`.
    func after(_ delay: TimeAmount, _ body: @escaping () -> Void) -> Scheduled<Void> {
        at(.now() + delay, body)
    }

    /// Runs `body` on this event loop, which has to be the current one, when it has done what it is at.
    func later(_ body: @escaping () -> Void) {
        let bound = NIOLoopBound(body, eventLoop: self)
        execute { bound.value() }
    }
}
