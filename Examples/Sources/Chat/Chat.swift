import Foundation
import StreamFenceSocketIO

/// A chat on `StreamFenceSocketIO` alone: names, rooms, acknowledgements.
///
/// - `join {room, name}`: enters a room; acknowledged with how many are in it.
/// - `say {text}`: reaches everybody in the room as `said {name, text}`.
/// - `who`: acknowledged with the names in the room.
@main
struct Chat {
    struct Join: Decodable {
        let room: String
        let name: String
    }

    struct Say: Decodable {
        let text: String
    }

    static func main() async throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 3000
        let server = SocketIOServer()
        let chat = server.of("/chat")
        let people = People()

        chat.use { request in
            guard request.auth?["name"]?.string != "root" else {
                throw ConnectRefusal("That name is taken", data: ["code": "NAME_TAKEN"])
            }
        }
        chat.on("join") { socket, event in
            guard let join = try? event.payload.decode(Join.self) else {
                return event.acknowledge(["ok": false, "message": "expected {room, name}"])
            }
            chat.join(join.room, socket)
            people.enter(socket.id, name: join.name, room: join.room)
            event.acknowledge(["ok": true, "count": .integer(chat.sockets(in: join.room).count)])
            chat.to(join.room).except(socket).emit("joined", ["name": .string(join.name)])
        }
        chat.on("say") { socket, event in
            guard let say = try? event.payload.decode(Say.self), let person = people.find(socket.id) else {
                return event.acknowledge(["ok": false, "message": "join a room first"])
            }
            chat.to(person.room).emit("said", ["name": .string(person.name), "text": .string(say.text)])
            event.acknowledge(["ok": true])
        }
        chat.on("who") { socket, event in
            let names = people.find(socket.id).map { people.names(in: $0.room) } ?? []
            event.acknowledge(.array(names.map { .string($0) }))
        }
        chat.onDisconnect { socket, _ in
            guard let person = people.leave(socket.id) else { return }
            chat.to(person.room).emit("left", ["name": .string(person.name)])
        }

        try await server.start(host: "127.0.0.1", port: port)
        print("chat on http://127.0.0.1:\(server.port ?? port)/chat")
        // At once, also into a pipe.
        fflush(nil)
        try await Task.sleep(for: .seconds(86_400 * 365))
    }
}
