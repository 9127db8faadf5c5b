/// Keeps, outside memory, the messages of lanes that overflow under SPILL_TO_DISK.
///
/// Every call runs on a blocking pool, never on an event loop; one lane is never called concurrently, different lanes
/// may be. Positions of a lane start at 0 and rise by one a record. An error thrown makes the lane's policy fall back to
/// rejection.
public protocol SpillStore: Sendable {
    /// Appends `records` in order; when this returns they survive as the store promises. The first one gets the lane's
    /// next position.
    func append(_ records: [SpillRecord], to lane: SpillLane) throws
    /// Up to `maxRecords` records from `position` on, in order; fewer only at the lane's end.
    func read(_ lane: SpillLane, from position: UInt64, maxRecords: Int) throws -> [SpillRecord]
    /// Forgets every record before `position`.
    func release(_ lane: SpillLane, before position: UInt64) throws
    /// Forgets the lane and all its records.
    func drop(_ lane: SpillLane) throws
    /// The lanes that hold records, such as those a killed process left behind.
    func lanes() throws -> [SpillLane]
}

/// Names one client's queue for one topic.
public struct SpillLane: Sendable, Hashable {
    /// The namespace's path, such as `/feed`.
    public let namespace: String
    /// The client's id in the namespace.
    public let clientID: String
    /// The lane's topic.
    public let topic: String

    /// - Parameters:
    ///   - namespace: the namespace's path, such as `/feed`.
    ///   - clientID: the client's id in the namespace.
    ///   - topic: the lane's topic.
    public init(namespace: String, clientID: String, topic: String) {
        self.namespace = namespace
        self.clientID = clientID
        self.topic = topic
    }
}

/// One message as a store keeps it: opaque bytes, returned exactly as given.
public struct SpillRecord: Sendable, Equatable {
    /// What the core wrote; means nothing to a store.
    public let bytes: [UInt8]

    /// - Parameter bytes: exactly what was given to ``SpillStore/append(_:to:)``.
    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }
}
