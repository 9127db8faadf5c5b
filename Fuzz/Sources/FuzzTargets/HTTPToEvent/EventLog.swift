import NIOCore
import StreamFenceSocketIO

/// What the program above the server gets to know of one client, in order.
enum Record: Equatable {
    case joined(namespace: String)
    case event(Event)
    case left(namespace: String, DisconnectReason)

    struct Event: Equatable {
        let namespace: String
        let name: [UInt8]
        let arguments: [[UInt8]]
        let attachments: [ByteBuffer]
        let wantsAcknowledgement: Bool
    }
}

extension Record: CustomStringConvertible {
    var description: String {
        switch self {
        case .joined(let namespace):
            return "joined \(namespace)"
        case .left(let namespace, let reason):
            return "left \(namespace): \(reason)"
        case .event(let event):
            let arguments = event.arguments.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")
            let attachments = event.attachments.map { " + \($0.readableBytes) bytes" }.joined()
            let asks = event.wantsAcknowledgement ? "?" : ""
            let name = String(decoding: event.name, as: UTF8.self)
            return "\(event.namespace) \(name)(\(arguments))\(attachments)\(asks)"
        }
    }
}

/// The program above the server: writes down what it is told, answers events, and does what a few of them ask for.
///
/// `@unchecked Sendable`: the server calls `@Sendable` closures, here always on the thread of the embedded loop.
final class EventLog: @unchecked Sendable {
    /// By the number a client has put into its handshake; -1 without one.
    private var records: [Int: [Record]] = [:]
    /// How many have joined, less those that have left.
    private(set) var present = 0
    /// How many events there were.
    private(set) var events = 0
    /// The first event that was larger than any may be, in bytes.
    private(set) var oversize: Int?
    private var sockets: [Weak<Socket>] = []
    private var rooms: [Weak<SocketIONamespace>] = []

    private struct Weak<Object: AnyObject> {
        weak var object: Object?
    }

    /// What is known to be about this client, since the last call.
    func take(_ client: Int) -> [Record] {
        records.removeValue(forKey: client) ?? []
    }

    /// Forgets what is about nobody that is known.
    func forgetStrangers() {
        records[-1] = nil
    }

    /// How many sockets are held by somebody.
    var heldSockets: Int { sockets.count { $0.object != nil } }

    /// How many namespaces that were made for a client are held by somebody.
    var heldRooms: Int { rooms.count { $0.object != nil } }

    /// Watches a namespace that was made for a client.
    func watch(room: SocketIONamespace, maxPayload: Int) {
        rooms.append(Weak(object: room))
        watch(room, maxPayload: maxPayload)
    }

    /// Has the log written of everything that happens in a namespace.
    func watch(_ namespace: SocketIONamespace, maxPayload: Int) {
        namespace.onConnect { [self] socket in
            sockets.append(Weak(object: socket))
            present += 1
            write(.joined(namespace: socket.namespace), socket)
        }
        namespace.onDisconnect { [self] socket, reason in
            present -= 1
            write(.left(namespace: socket.namespace, reason), socket)
        }
        namespace.onAnyOther { [self] socket, event in
            events += 1
            let payload = event.payload
            let arguments = payload.arguments.map { Array($0.buffer.readableBytesView) }
            let size = payload.attachments.reduce(arguments.reduce(0) { $0 + $1.count }) { $0 + $1.readableBytes }
            if size > maxPayload { oversize = oversize ?? size }
            let record = Record.Event(
                namespace: socket.namespace,
                name: Array(event.name.utf8),
                arguments: arguments,
                attachments: payload.attachments,
                wantsAcknowledgement: event.wantsAcknowledgement
            )
            write(.event(record), socket)
            switch event.name {
            case "leave": socket.disconnect()
            case "kick": socket.disconnect(closingConnection: true)
            case "big": socket.emit("big", .string(String(repeating: "x", count: ReferenceSession.bigEventBytes)))
            default: event.acknowledge(payload)
            }
        }
    }

    private func write(_ record: Record, _ socket: Socket) {
        let client = socket.handshake.query["client"].flatMap { Int($0) } ?? -1
        records[client, default: []].append(record)
    }
}
