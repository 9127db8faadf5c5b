/// Keeps, outside memory, the messages of lanes that overflow under SPILL_TO_DISK.
///
/// Every call runs on a blocking pool, never on an event loop; one lane is never called concurrently, different lanes
/// may be. The core numbers a lane's records: positions start at 0 and rise by one a record. What a lane holds belongs to
/// one client's connection: it does not outlive the server, which drops at its start what a killed one left behind.
public protocol SpillStore: Sendable {
    /// Appends `records`, whose positions follow those the lane holds; when this returns they survive as the store
    /// promises.
    ///
    /// - Throws: if it could not store all of them; it has then stored none, and the same positions may come again.
    func append(_ records: [SpillRecord], to lane: SpillLane) throws
    /// The records from `position` on, in order: as many as there are, at most `maxRecords`, and at most `maxBytes` of
    /// their bytes together unless the first one alone is larger.
    ///
    /// A record that can't be returned as it was given is left out: the core sees by the positions that it is missing and
    /// counts it as lost. So nothing at all means that everything from `position` on is lost.
    ///
    /// - Throws: if the records may be there and can't be read now; the core tries again a few times.
    func read(_ lane: SpillLane, from position: UInt64, maxRecords: Int, maxBytes: Int) throws -> [SpillRecord]
    /// Forgets every record before `position`; it may keep them a while where that is cheaper.
    ///
    /// - Throws: if it could not; the core logs that, and asks for more to be forgotten the next time.
    func release(_ lane: SpillLane, before position: UInt64) throws
    /// Forgets the lane and all its records; does nothing if it holds none. The lane may be appended to again, from
    /// position 0.
    ///
    /// - Throws: if it could not; the core logs that, and what is left is dropped at the next start.
    func drop(_ lane: SpillLane) throws
    /// The lanes that hold records, such as those a killed process left behind. Asked for once, before the server starts.
    ///
    /// - Throws: if it can't be found out; the server does not start then.
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
    /// Where the record stands in its lane.
    public let position: UInt64
    /// What the core wrote; means nothing to a store.
    public let bytes: [UInt8]

    /// - Parameters:
    ///   - position: where the record stands in its lane.
    ///   - bytes: exactly what was given to ``SpillStore/append(_:to:)``.
    public init(position: UInt64, bytes: [UInt8]) {
        self.position = position
        self.bytes = bytes
    }
}
