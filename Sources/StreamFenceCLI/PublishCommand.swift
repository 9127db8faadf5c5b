import ArgumentParser
import NIOCore
import StreamFenceClient
import StreamFenceSocketIO

/// `streamfence publish`: publishes one message to a topic.
struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Publish one message to a topic.",
        discussion: """
            Prints {"messageId":"…","recipients":N} once the server has accepted the message. A refusal goes to standard \
            error as CODE: message, with exit code 1. The JSON is sent byte for byte; a payload that begins with a hyphen \
            goes behind --.
            """
    )

    @OptionGroup var client: ClientOptions

    @Argument(help: ArgumentHelp("The payload; - reads it from standard input.", valueName: "json"))
    var json: String

    @Option(
        help: ArgumentHelp("What the message is about, for policies that replace it by a newer one.", valueName: "key")
    )
    var key: String?

    func run() async throws {
        let payload = try validPayload()
        let connection = try await client.connect()
        var members: [(key: String, value: SocketValue)] = [(key: "payload", value: .json(payload))]
        if let key { members.append((key: "key", value: .string(key))) }
        let answer = try await client.request("publish", members, from: connection)
        let messageID = answer["messageId"]?.line ?? "null"
        Console.output(#"{"messageId":\#(messageID),"recipients":\#(answer["recipients"]?.line ?? "null")}"#)
        await connection.close()
    }

    private func validPayload() throws -> JSONFragment {
        let text = json == "-" ? Console.input() : ByteBuffer(string: json)
        do {
            return try JSONFragment(validating: text)
        } catch {
            Console.error("the payload is not JSON: \(error); text needs quotes of its own: '\"…\"'")
            throw ExitCode.validationFailure
        }
    }
}
