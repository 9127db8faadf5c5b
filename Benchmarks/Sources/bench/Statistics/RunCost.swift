import NIOCore

/// What was true when a run's clock started.
struct RunStart {
    /// On the monotonic clock.
    var nanoseconds: UInt64 = 0
    var serverCPU: Double?
    var serverWaiting: Double?
    var generatorCPU = 0.0
    var residentKiB: Int?

    init() {}

    /// The clock starts now.
    init(_ server: ProcessFigures) {
        serverCPU = server.cpuSeconds()
        serverWaiting = server.waitingSeconds()
        generatorCPU = ProcessFigures.ownCPUSeconds()
        residentKiB = server.residentKiB()
        nanoseconds = NIODeadline.now().uptimeNanoseconds
    }
}

/// What a run took, from its start until now.
struct RunCost {
    /// Until the moment given.
    let seconds: Double
    /// The server's processor time in seconds; nil where the system does not tell.
    let serverCPU: Double?
    /// Processor time by time, 1 is a whole core.
    let serverBusy: Double?
    let generatorBusy: Double
    /// The time that the server was ready to run and had no core, by time; nil where the system does not tell.
    let serverWaiting: Double?

    /// - Parameter end: when the last thing happened that counts, on the monotonic clock.
    init(from start: RunStart, server: ProcessFigures, until end: UInt64) {
        let now = NIODeadline.now().uptimeNanoseconds
        seconds = Double(max(end, start.nanoseconds + 1) - start.nanoseconds) / 1e9
        // Processor time is read now, so it is related to the time until now.
        let whole = Double(max(now, start.nanoseconds + 1) - start.nanoseconds) / 1e9
        serverCPU = server.cpuSeconds().flatMap { end in start.serverCPU.map { end - $0 } }
        serverBusy = serverCPU.map { $0 / whole }
        serverWaiting = server.waitingSeconds().flatMap { end in start.serverWaiting.map { (end - $0) / whole } }
        generatorBusy = (ProcessFigures.ownCPUSeconds() - start.generatorCPU) / whole
    }
}
