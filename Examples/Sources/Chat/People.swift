import Synchronization

/// Who is in which room, by socket id.
final class People: Sendable {
    struct Person: Sendable {
        let name: String
        let room: String
    }

    private let people = Mutex<[String: Person]>([:])

    func enter(_ id: String, name: String, room: String) {
        people.withLock { $0[id] = Person(name: name, room: room) }
    }

    func leave(_ id: String) -> Person? {
        people.withLock { $0.removeValue(forKey: id) }
    }

    func find(_ id: String) -> Person? {
        people.withLock { $0[id] }
    }

    func names(in room: String) -> [String] {
        people.withLock { $0.values.filter { $0.room == room }.map(\.name).sorted() }
    }
}
