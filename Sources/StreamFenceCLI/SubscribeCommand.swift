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
            """
    )

    @OptionGroup var client: ClientOptions

    @Flag(help: "Acknowledge messages that ask for it (AT_LEAST_ONCE), each after it was printed.")
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
        for await event in connection.events {
            guard event.name == client.topic else {
                printNotice(event)
                continue
            }
            guard Console.output(Self.line(of: event.payload)) else {
                throw Failure.running("nobody reads standard output any more")
            }
            if ack { acknowledge(event, on: connection) }
            printed += 1
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

    private func acknowledge(_ event: SocketIOClientEvent, on connection: SocketIOClient) {
        guard let metadata = event.payload[1], metadata["ackRequired"]?.bool == true,
            let messageID = metadata["messageId"]
        else { return }
        connection.emit(
            "ack",
            SocketPayload(["topic": .string(client.topic), "messageId": .json(messageID)])
        )
    }

    private func printNotice(_ event: SocketIOClientEvent) {
        switch event.name {
        case "error":
            Console.error(ClientOptions.refusal(event.payload[0]))
        case "server_draining":
            Console.error("server_draining \(event.payload[0]?.line ?? "")")
        default:
            // What else the protocol knows, `subscribed` for one, answers what this command has asked for.
            break
        }
    }
}
