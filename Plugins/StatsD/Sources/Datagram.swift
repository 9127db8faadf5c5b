/// Some lines that are sent at once.
struct Datagram {
    /// What fits into an Ethernet frame, also through the usual tunnels; StatsD's own recommendation. A line that is longer has a
    /// datagram of its own.
    static let mostBytes = 1432

    private(set) var bytes: [UInt8] = []
    private(set) var counters: [Line.Counter] = []

    private mutating func append(_ line: Line) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "\n")) }
        bytes += line.text.utf8
        if let counter = line.counter { counters.append(counter) }
    }

    private func hasRoom(for line: Line) -> Bool {
        bytes.isEmpty || bytes.count + 1 + line.text.utf8.count <= Self.mostBytes
    }

    /// As few datagrams as the order of the lines allows.
    static func pack(_ lines: [Line]) -> [Datagram] {
        var packed: [Datagram] = []
        var current = Datagram()
        for line in lines where !line.text.isEmpty {
            if !current.hasRoom(for: line) {
                packed.append(current)
                current = Datagram()
            }
            current.append(line)
        }
        if !current.bytes.isEmpty { packed.append(current) }
        return packed
    }
}
