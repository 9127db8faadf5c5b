/// What one round of spilling measured.
struct SpillFigures: Codable, Sendable {
    /// Writing, from the first message after the calibration until all are on disk; reading, from then until the last.
    struct Phase: Codable, Sendable {
        var seconds = 0.0
        /// Written: bytes of the folder. Read: bytes of payload.
        var megabytesPerSecond = 0.0
        /// Processor time by time, 1 is a whole core; nil where the system does not tell.
        var serverBusy: Double?
        var generatorBusy = 0.0
        /// Resident memory of the server in KiB, at the phase's beginning, and how much more it was at most.
        var residentBeforeKiB: Int?
        var residentGrowthKiB: Int?
    }

    /// What a message takes on disk.
    var bytesPerMessage = 0.0
    /// How many messages were published, and what the folder held, when the clock started.
    var calibrated = 0
    var calibratedBytes = 0
    /// What the folder held when all was published.
    var folderBytes = 0
    var writing = Phase()
    var reading = Phase()
    var gaps = 0
    var duplicates = 0
    /// Messages that had not arrived when nothing arrived any more.
    var missing = 0
    /// Files in the folder some time after the subscriber had gone.
    var filesLeft = 0
}
