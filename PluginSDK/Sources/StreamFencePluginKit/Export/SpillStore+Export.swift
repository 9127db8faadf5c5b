import CStreamFencePlugin

extension sf_spill_store {
    /// Calls the store behind an instance.
    static var exported: sf_spill_store {
        sf_spill_store(
            size: UInt32(MemoryLayout<sf_spill_store>.size),
            append: { instance, lane, records, count, failure in
                Instance<any SpillStore>.perform(instance, failure) { store in
                    let records = UnsafeBufferPointer(start: records, count: records == nil ? 0 : count)
                    try store.append(
                        records.map { SpillRecord(position: $0.position, bytes: Array($0.bytes.buffer)) },
                        to: try SpillLane(lane)
                    )
                }
            },
            read: { instance, lane, position, maxRecords, maxBytes, take, to, failure in
                Instance<any SpillStore>.perform(instance, failure) { store in
                    guard let take else {
                        throw PluginBoundaryError("expected a function that takes records, found none")
                    }
                    let records = try store.read(
                        try SpillLane(lane),
                        from: position,
                        maxRecords: Int(clamping: maxRecords),
                        maxBytes: Int(clamping: maxBytes)
                    )
                    for record in records {
                        record.bytes.withUnsafeBytes { take(to, record.position, sf_slice($0)) }
                    }
                }
            },
            release: { instance, lane, position, failure in
                Instance<any SpillStore>.perform(instance, failure) {
                    try $0.release(try SpillLane(lane), before: position)
                }
            },
            drop: { instance, lane, failure in
                Instance<any SpillStore>.perform(instance, failure) { try $0.drop(try SpillLane(lane)) }
            },
            lanes: { instance, take, to, failure in
                Instance<any SpillStore>.perform(instance, failure) { store in
                    guard let take else {
                        throw PluginBoundaryError("expected a function that takes lanes, found none")
                    }
                    for lane in try store.lanes() {
                        lane.export { take(to, $0) }
                    }
                }
            }
        )
    }
}

extension SpillLane {
    package init(_ lane: UnsafePointer<sf_spill_lane>?) throws {
        guard let lane = lane?.pointee else { throw PluginBoundaryError("expected a lane, found none") }
        self.init(namespace: lane.namespace_path.text, clientID: lane.client_id.text, topic: lane.topic.text)
    }

    /// Calls `body` with the lane as the contract has it, valid during the call.
    package func export<Result>(_ body: (UnsafePointer<sf_spill_lane>) throws -> Result) rethrows -> Result {
        try sf_slice.with(namespace) { namespace in
            try sf_slice.with(clientID) { clientID in
                try sf_slice.with(topic) { topic in
                    var lane = sf_spill_lane(
                        size: UInt32(MemoryLayout<sf_spill_lane>.size),
                        namespace_path: namespace,
                        client_id: clientID,
                        topic: topic
                    )
                    return try body(&lane)
                }
            }
        }
    }
}
