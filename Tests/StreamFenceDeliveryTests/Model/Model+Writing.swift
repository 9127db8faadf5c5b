extension Model {
    // MARK: Turns

    private func isReady(_ client: Int, _ topic: String) -> Bool {
        let lane = lane(client, topic)
        if !lane.due.isEmpty { return true }
        return !lane.queue.isEmpty && hasWindow(lane) && lane.nextTurn <= now
    }

    private func hasWindow(_ lane: Lane) -> Bool {
        lane.flight.count < setup.acknowledgement?.maxInFlight ?? .max
    }

    mutating func schedule(_ client: Int, _ topic: String) {
        guard isReady(client, topic), !clients[client].turns.contains(topic) else { return }
        clients[client].turns.append(topic)
    }

    // MARK: Writing

    mutating func drain(_ client: Int) {
        while clients[client].room > 0, !clients[client].turns.isEmpty {
            let topic = clients[client].turns.removeFirst()
            if writeNext(client, topic) { schedule(client, topic) }
        }
        if clients[client].isUnflushed { clients[client].log.append("|") }
        clients[client].isUnflushed = false
        guard !clients[client].hasUnsent else { return }
        for topic in clients[client].lanes.keys { startTimers(client, topic) }
    }

    private mutating func writeNext(_ client: Int, _ topic: String) -> Bool {
        if let number = lane(client, topic).due.first {
            sendAgain(number, client, topic)
            return true
        }
        guard hasWindow(lane(client, topic)) else { return false }
        var expired: [String] = []
        while var entry = lane(client, topic).queue.first {
            change(client, topic) { $0.queue.removeFirst() }
            entry.lostBefore = expired + entry.lostBefore
            guard let timeToLive = setup.timeToLive, entry.sample.publishedAt + timeToLive < now else {
                wrote(entry, client, topic)
                return true
            }
            clients[client].counts.expired += 1
            expired = entry.lostBefore + (setup.notifiesGaps ? ["expired"] : [])
        }
        change(client, topic) { $0.lose(expired, before: 0) }
        return false
    }

    mutating func wrote(_ entry: Entry, _ client: Int, _ topic: String) {
        if let reason = entry.lostBefore.first { write("gap(\(entry.lostBefore.count) \(reason))", client) }
        write(entry.sample.name, client)
        if setup.acknowledgement == nil {
            clients[client].counts.delivered += 1
        } else {
            change(client, topic) {
                $0.flight.append(Flight(sample: entry.sample))
                $0.isAwaitingFlush = true
                $0.lastWritten = max($0.lastWritten, entry.sample.number)
            }
        }
        let now = now
        if let minInterval = setup.minInterval { change(client, topic) { $0.nextTurn = now + minInterval } }
    }

    private mutating func write(_ text: String, _ client: Int) {
        clients[client].log.append(text)
        clients[client].room = max(0, clients[client].room - text.utf8.count)
        clients[client].isUnflushed = true
    }

    // MARK: Acknowledgements

    private mutating func sendAgain(_ number: UInt64, _ client: Int, _ topic: String) {
        change(client, topic) {
            $0.due.removeFirst()
            guard let index = $0.flight.firstIndex(where: { $0.sample.number == number }) else { return }
            var flight = $0.flight.remove(at: index)
            flight.retries += 1
            flight.wait = .unflushed
            $0.flight.append(flight)
            $0.isAwaitingFlush = true
        }
        clients[client].events.retries += 1
        write(lane(client, topic).flight.last?.sample.name ?? "?", client)
    }

    private mutating func startTimers(_ client: Int, _ topic: String) {
        guard let acknowledgement = setup.acknowledgement, lane(client, topic).isAwaitingFlush else { return }
        let now = now
        change(client, topic) {
            $0.isAwaitingFlush = false
            for index in $0.flight.indices where $0.flight[index].wait == .unflushed {
                $0.flight[index].wait = .until(now + acknowledgement.delay($0.flight[index].retries))
            }
        }
    }

    /// What the client is told of its acknowledgement.
    mutating func acknowledge(_ number: UInt64, _ client: Int, _ topic: String) -> String {
        guard clients[client].lanes[topic] != nil else { return "foreign" }
        if lane(client, topic).flight.contains(where: { $0.sample.number == number }) {
            removeFromFlight(number, client, topic)
            clients[client].counts.acknowledged += 1
            if !lane(client, topic).queue.isEmpty {
                schedule(client, topic)
                clients[client].isDrainAwaited = true
            }
            return "accepted"
        }
        let isElsewhere = clients[client].lanes.values.contains { lane in
            lane.flight.contains { $0.sample.number == number }
        }
        if !isElsewhere, number <= lane(client, topic).lastWritten {
            clients[client].events.stale += 1
            return "stale"
        }
        clients[client].events.foreign += 1
        return "foreign"
    }

    private mutating func removeFromFlight(_ number: UInt64, _ client: Int, _ topic: String) {
        change(client, topic) {
            $0.flight.removeAll { $0.sample.number == number }
            $0.due.removeAll { $0 == number }
        }
    }

    // MARK: Time

    /// When something happens next by itself.
    var nextInstant: Int? {
        var instants: [Int] = []
        for client in clients {
            for lane in client.lanes.values {
                if !lane.queue.isEmpty, lane.nextTurn > now { instants.append(lane.nextTurn) }
                for case .until(let time) in lane.flight.map(\.wait) { instants.append(time) }
            }
        }
        return instants.min()
    }

    /// The end of the tick.
    mutating func run() {
        for client in clients.indices where clients[client].isDrainAwaited {
            clients[client].isDrainAwaited = false
            drain(client)
        }
    }

    /// It is `time` now, and nothing happens before. Where several lanes of a client wake at the same time, they may do so
    /// in any order: in the one that explains what was seen, if any does.
    mutating func wake(at time: Int, seen: [(log: [String], turns: [String])]) {
        now = time
        for client in clients.indices {
            let due = clients[client].lanes.keys.sorted().filter { isDue(client, $0) }
            let before = self
            for order in orders(of: due) {
                self = before
                for topic in order { wake(client, topic) }
                if clients[client].log == seen[client].log, clients[client].turns == seen[client].turns { break }
            }
        }
    }

    private func isDue(_ client: Int, _ topic: String) -> Bool {
        let lane = lane(client, topic)
        if !lane.queue.isEmpty, lane.nextTurn == now { return true }
        return lane.flight.contains { $0.wait == .until(now) }
    }

    private mutating func wake(_ client: Int, _ topic: String) {
        if let acknowledgement = setup.acknowledgement {
            // Of those overdue at the same time, the ones that waited less go first.
            let overdue = lane(client, topic).flight.filter { $0.wait == .until(now) }
            let delays = Set(overdue.map { acknowledgement.delay($0.retries) }).sorted()
            for delay in delays {
                for flight in overdue where acknowledgement.delay(flight.retries) == delay {
                    isOverdue(flight, acknowledgement, client, topic)
                }
            }
        }
        schedule(client, topic)
        drain(client)
    }

    private mutating func isOverdue(
        _ flight: Flight,
        _ acknowledgement: Setup.Acknowledgement,
        _ client: Int,
        _ topic: String
    ) {
        let number = flight.sample.number
        if flight.retries < acknowledgement.maxRetries {
            change(client, topic) {
                for index in $0.flight.indices where $0.flight[index].sample.number == number {
                    $0.flight[index].wait = .due
                }
                $0.due.append(number)
            }
        } else {
            removeFromFlight(number, client, topic)
            clients[client].counts.retryExhausted += 1
            if setup.notifiesGaps { change(client, topic) { $0.lose(["retry_exhausted"], before: 0) } }
        }
    }
}
