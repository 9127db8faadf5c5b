import ArgumentParser
import StreamFenceClient
import StreamFenceHosting
import StreamFenceSocketIO

/// What `subscribe` and `publish` have in common: whom to talk to, and about what.
struct ClientOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Server and namespace, such as http://127.0.0.1:3000/feed.", valueName: "url"),
        transform: { try SocketIOURL($0) }
    )
    var url: SocketIOURL

    @Argument(help: "The topic.")
    var topic: String

    @Option(
        name: .customLong("token"),
        help: ArgumentHelp(
            """
            Send this token along, for a namespace that requires one. Default: the environment's STREAMFENCE_TOKEN, which \
            other users of the machine can't see.
            """,
            valueName: "token"
        )
    )
    var givenToken: String?

    @Option(
        help: ArgumentHelp(
            "With https://: trust the owners of these certificates (PEM) instead of those the system trusts.",
            valueName: "file"
        )
    )
    var ca: String?

    @Option(
        help: ArgumentHelp(
            "With https://: show this certificate (PEM), of which --cert-key has the key.",
            valueName: "file"
        )
    )
    var cert: String?

    @Option(help: ArgumentHelp("The key of --cert (PEM).", valueName: "file"))
    var certKey: String?

    @Flag(help: "With https://: take any certificate for the server's. Anybody can listen in then.")
    var insecure = false

    func validate() throws {
        if ca != nil, insecure { throw ValidationError("--ca has no effect with --insecure: leave out one of them") }
        if (cert == nil) != (certKey == nil) {
            throw ValidationError("expected --cert and --cert-key together, found one of them")
        }
        guard !url.isSecure else { return }
        if cert != nil { throw ValidationError("--cert has an effect with https:// only, found \(url)") }
        if ca != nil { throw ValidationError("--ca has an effect with https:// only, found \(url)") }
        if insecure { throw ValidationError("--insecure has an effect with https:// only, found \(url)") }
    }

    private var token: String? {
        if let givenToken { return givenToken }
        // Set and empty is how a variable that is missing often arrives.
        return processEnvironment()["STREAMFENCE_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Connects, or fails with exit code 1 and a line that names the server and the cause.
    func connect() async throws -> SocketIOClient {
        do {
            var tls = ClientTLS()
            tls.trustedCertificatesPath = ca
            tls.verifiesServer = !insecure
            if let cert, let certKey {
                tls.certificate = ClientTLS.CertificateFiles(chainPath: cert, keyPath: certKey)
            }
            return try await SocketIOClient.connect(to: url, auth: token.map { ["token": .string($0)] }, tls: tls)
        } catch let error as SocketIOConnectError {
            throw Failure.running(error.description)
        }
    }

    /// Asks the server for something, and returns its answer; fails with exit code 1 if that is a refusal, or none.
    ///
    /// - Parameters:
    ///   - event: such as `subscribe`.
    ///   - members: what goes into its argument besides the topic and the token.
    func request(
        _ event: String,
        _ members: [(key: String, value: SocketValue)] = [],
        from client: SocketIOClient
    ) async throws -> JSONFragment {
        var body: [(key: String, value: SocketValue)] = [(key: "topic", value: .string(topic))] + members
        if let token { body.append((key: "token", value: .string(token))) }
        let payload: SocketPayload
        do {
            payload = try await client.emitWithAck(event, SocketPayload(.object(body)))
        } catch let error as AcknowledgementError {
            let cause = client.closeReason?.description ?? error.description
            throw Failure.running("\(url.address): \(event) failed: \(cause)")
        }
        guard let answer = payload[0], answer["ok"]?.bool == true else {
            throw Failure.running(Self.refusal(payload[0]))
        }
        return answer
    }

    /// `CODE: message`, of an answer or of an `error` event.
    static func refusal(_ answer: JSONFragment?) -> String {
        guard let code = answer?["code"]?.string else {
            return "expected {ok, code, message} as the answer, found \(answer?.line ?? "none")"
        }
        return "\(code): \(answer?["message"]?.string ?? "no reason given")"
    }
}

extension JSONFragment {
    /// The JSON as it was sent, on one line: a line break can only stand between values, where a space means the same.
    var line: String {
        guard buffer.readableBytesView.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return json }
        return String(
            decoding: buffer.readableBytesView.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 },
            as: UTF8.self
        )
    }
}
