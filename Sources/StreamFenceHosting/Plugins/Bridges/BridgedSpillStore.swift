import CStreamFencePlugin
import CStreamFenceShim
import StreamFencePluginKit

/// A loaded plugin's spill store. What it reads is checked: the core relies on the order.
final class BridgedSpillStore: SpillStore, @unchecked Sendable {
    // Unchecked: the table belongs to the plugin and stays as it is as long as the process lives.
    private let instance: PluginInstance
    private let table: UnsafePointer<sf_spill_store>

    init(_ instance: PluginInstance) {
        self.instance = instance
        table = instance.component.table.assumingMemoryBound(to: sf_spill_store.self)
    }

    private var callee: UnsafePointer<sf_shim_callee> { instance.component.callee }

    func append(_ records: [SpillRecord], to lane: SpillLane) throws {
        try lane.export { lane in
            try sf_spill_record.with(records) { records in
                try instance.perform("append") {
                    sf_shim_append(callee, table, instance.pointer, lane, records.baseAddress, records.count, $0)
                }
            }
        }
    }

    func read(_ lane: SpillLane, from position: UInt64, maxRecords: Int, maxBytes: Int) throws -> [SpillRecord] {
        var readout = Readout(from: position, maxRecords: maxRecords, maxBytes: maxBytes)
        try lane.export { lane in
            try withUnsafeMutablePointer(to: &readout) { readout in
                try instance.perform("read") {
                    sf_shim_read(
                        callee,
                        table,
                        instance.pointer,
                        lane,
                        position,
                        UInt64(clamping: maxRecords),
                        UInt64(clamping: maxBytes),
                        { to, position, bytes in
                            to?.assumingMemoryBound(to: Readout.self).pointee.take(position, bytes)
                        },
                        readout,
                        $0
                    )
                }
            }
        }
        if let problem = readout.problem {
            throw instance.refuse("read", expected: problem.expected, found: problem.found)
        }
        return readout.records
    }

    func release(_ lane: SpillLane, before position: UInt64) throws {
        try lane.export { lane in
            try instance.perform("release") {
                sf_shim_release(callee, table, instance.pointer, lane, position, $0)
            }
        }
    }

    func drop(_ lane: SpillLane) throws {
        try lane.export { lane in
            try instance.perform("drop") { sf_shim_drop(callee, table, instance.pointer, lane, $0) }
        }
    }

    func lanes() throws -> [SpillLane] {
        var lanes: [SpillLane] = []
        try withUnsafeMutablePointer(to: &lanes) { lanes in
            try instance.perform("lanes") {
                sf_shim_lanes(
                    callee,
                    table,
                    instance.pointer,
                    { to, lane in
                        guard let lane = try? SpillLane(lane) else { return }
                        to?.assumingMemoryBound(to: [SpillLane].self).pointee.append(lane)
                    },
                    lanes,
                    $0
                )
            }
        }
        return lanes
    }
}

/// What a store has read so far, and the first thing that is wrong with it.
private struct Readout {
    private(set) var records: [SpillRecord] = []
    private(set) var problem: (expected: String, found: String)?
    private let from: UInt64
    private let maxRecords: Int
    private let maxBytes: Int
    private var bytes = 0

    init(from: UInt64, maxRecords: Int, maxBytes: Int) {
        self.from = from
        self.maxRecords = maxRecords
        self.maxBytes = maxBytes
    }

    mutating func take(_ position: UInt64, _ slice: sf_slice) {
        guard problem == nil else { return }
        if let last = records.last?.position, position <= last {
            problem = ("a record beyond position \(last)", "position \(position)")
        } else if position < from {
            problem = ("records from position \(from) on", "position \(position)")
        } else if records.count >= maxRecords {
            problem = ("at most \(maxRecords) records", "more")
        } else if !records.isEmpty, slice.buffer.count > maxBytes - bytes {
            problem = ("at most \(maxBytes) bytes", "more")
        } else {
            // The first record alone may be larger than the limit.
            bytes = min(maxBytes, bytes + min(maxBytes, slice.buffer.count))
            records.append(SpillRecord(position: position, bytes: Array(slice.buffer)))
        }
    }
}

extension sf_spill_record {
    /// Calls `body` with the records as the contract has them, valid during the call.
    fileprivate static func with<Result>(
        _ records: [SpillRecord],
        _ body: (UnsafeBufferPointer<sf_spill_record>) throws -> Result
    ) rethrows -> Result {
        // All bytes behind each other in one piece of memory.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(records.reduce(0) { $0 + $1.bytes.count })
        for record in records { bytes += record.bytes }
        return try bytes.withUnsafeBytes { bytes in
            var start = 0
            let items = records.map { record -> sf_spill_record in
                defer { start += record.bytes.count }
                let slice = UnsafeRawBufferPointer(rebasing: bytes[start..<start + record.bytes.count])
                return sf_spill_record(position: record.position, bytes: sf_slice(slice))
            }
            return try items.withUnsafeBufferPointer(body)
        }
    }
}
