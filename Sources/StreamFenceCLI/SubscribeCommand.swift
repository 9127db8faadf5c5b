import ArgumentParser
import NIOCore
import StreamFenceClient
import StreamFenceEngineIO
import StreamFenceSocketIO
import UnixSignals

/// `streamfence subscribe`: prints the messages of a topic.
struct SubscribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscribe",
        abstract: "Print the messages of a topic, one line of JSON each, until SIGINT or SIGTERM.",
        discussion: """
            Each payload is printed as it was published; line breaks in it become spaces. A binary payload is printed as \
            {"binary":"<base64>"}; binary values inside a payload are left as their placeholders. What is not a message \
            goes to standard error. Exit code 1 if the connection ends.

            In an AT_LEAST_ONCE namespace the server waits for each message to be acknowledged, which --ack does. Without \
            it the server sends each one again, up to its maxRetries, and then gives it up. A message that comes again is \
            not printed again: a line "received again: ID" goes to standard error.
            """
    )

    @OptionGroup var client: ClientOptions

    @Flag(help: "Acknowledge messages that ask for it (AT_LEAST_ONCE), each time they come; new ones once printed.")
    var ack = false

    @Option(help: ArgumentHelp("Exit after this many messages.", valueName: "n"))
    var count: Int?

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count: expected 1 or more, found \(count)") }
    }

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await subscribe() }
            group.addTask {
                for await _ in signals { return }
            }
            do {
                try await group.next()
            } catch is CancellationError {
                // Told to stop: nothing has failed.
            }
            group.cancelAll()
        }
    }

    private func subscribe() async throws {
        let connection = try await client.connect()
        do {
            _ = try await client.request("subscribe", from: connection)
            Console.error("subscribed to \(client.topic) at \(client.url)")
            try await printMessages(from: connection)
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }

    private func printMessages(from connection: SocketIOClient) async throws {
        var printed = 0
        var known = RecentMessages()
        for await event in connection.events {
            guard event.name == client.topic else {
                printNotice(event)
                continue
            }
            let messageID = Self.messageID(of: event)
            let isNew = messageID.map { known.insert($0) } ?? true
            if isNew {
                guard Console.output(Self.line(of: event.payload)) else {
                    throw Failure.running("nobody reads standard output any more")
                }
                printed += 1
            } else if let messageID {
                Console.error("received again: \(messageID)")
            }
            // Also what came again: the first acknowledgement was too late for it.
            if ack, let messageID { acknowledge(messageID, on: connection) }
            if printed == count { return }
        }
        try Task.checkCancellation()
        let reason = connection.closeReason?.description ?? "unknown"
        throw Failure.running("\(client.url.address): \(reason)")
    }

    private static func line(of payload: SocketPayload) -> String {
        if let bytes = payload.binary(at: 0) {
            var base64 = ByteBuffer()
            Base64.encode(bytes, to: &base64)
            return #"{"binary":"\#(String(buffer: base64))"}"#
        }
        return payload[0]?.line ?? "null"
    }

    /// The id of a message that asks to be acknowledged; nil of any other.
    private static func messageID(of event: SocketIOClientEvent) -> String? {
        guard let metadata = event.payload[1], metadata["ackRequired"]?.bool == true else { return nil }
        return metadata["messageId"]?.string
    }

    private func acknowledge(_ messageID: String, on connection: SocketIOClient) {
        connection.emit(
            "ack",
            SocketPayload(["topic": .string(client.topic), "messageId": .string(messageID)])
        )
    }

    private func printNotice(_ event: SocketIOClientEvent) {
        switch event.name {
        case "error":
            Console.error(ClientOptions.refusal(event.payload[0]))
        case "server_draining", "gap":
            Console.error("\(event.name) \(event.payload[0]?.line ?? "")")
        default:
            // What else the protocol knows, `subscribed` for one, answers what this command has asked for.
            break
        }
    }
}
