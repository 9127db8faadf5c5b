/// What a run does when the ``Stage`` is set. All calls come on its event loop.
protocol Run: AnyObject {
    /// All subscribers receive what is published.
    func ready()

    /// A subscriber has received a message for the first time.
    ///
    /// - Parameter settled: the sequence numbers of that message and of those that were skipped.
    func received(_ stamp: MessageFormat.Stamp, _ settled: Range<Int>, by subscriber: Subscriber, at now: UInt64)

    /// The server has accepted the `publish` of this id.
    func accepted(_ id: Int)

    /// There is nothing more for the publisher to be read at the moment.
    func publisherReadEnded()

    /// The run can't go on.
    func failed(_ error: any Error)
}

extension Run {
    func accepted(_ id: Int) {}
    func publisherReadEnded() {}
}
