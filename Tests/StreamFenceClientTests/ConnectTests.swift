import NIOCore
import StreamFenceClient
import StreamFenceEngineIO
import StreamFenceSocketIO
import Testing

@Suite("Connecting", .timeLimit(.minutes(5)))
struct ConnectTests {
    @Test("joins the namespace of the URL with its authentication")
    func joins() async throws {
        try await withServer { server, port in
            let joined = Happenings(of: Socket.self)
            server.of("/feed").onConnect { joined.note($0) }
            let client = try await SocketIOClient.connect(to: url(port, "/feed"), auth: ["token": "secret"])
            let socket = try await joined.next()
            #expect(client.id == socket.id)
            #expect(socket.auth?.json == #"{"token":"secret"}"#)
            #expect(client.closeReason == nil)
            await client.close()
        }
    }

    @Test("joins the main namespace where the URL names none")
    func mainNamespace() async throws {
        try await withServer { server, port in
            _ = server.of("/")
            let client = try await SocketIOClient.connect(to: url(port))
            #expect(server.clientCount == 1)
            await client.close()
        }
    }

    @Test("a refusal names its code and carries its data")
    func refusal() async throws {
        try await withServer { server, port in
            server.of("/feed").use { _ in
                throw ConnectRefusal("the token is not valid", data: ["code": "AUTH_REJECTED"])
            }
            let error = await #expect(throws: SocketIOConnectError.self) {
                try await SocketIOClient.connect(to: url(port, "/feed"))
            }
            #expect(error?.code == .refused)
            #expect(error?.step == .namespace)
            #expect(error?.refusal?.message == "the token is not valid")
            #expect(error?.refusal?.code == "AUTH_REJECTED")
            #expect(error?.refusal?.data?.json == #"{"code":"AUTH_REJECTED"}"#)
            let line = "127.0.0.1:\(port): Socket.IO connect to /feed failed: AUTH_REJECTED: the token is not valid"
            #expect(error?.description == line)
        }
    }

    @Test("a namespace that does not exist is refused")
    func unknownNamespace() async throws {
        try await withServer { _, port in
            let error = await #expect(throws: SocketIOConnectError.self) {
                try await SocketIOClient.connect(to: url(port, "/nowhere"))
            }
            #expect(error?.code == .refused)
            #expect(error?.message == "Invalid namespace")
        }
    }

    @Test("authentication has to be an object without binary values", arguments: [true, false])
    func invalidAuth(isBinary: Bool) async throws {
        let auth: SocketValue = isBinary ? ["key": .binary(ByteBuffer(bytes: [1]))] : "token"
        let error = await #expect(throws: SocketIOConnectError.self) {
            try await SocketIOClient.connect(to: url(1), auth: auth)
        }
        #expect(error?.code == .invalidAuth)
    }

    @Test("a port nobody listens on is named, with the cause")
    func unreachable() async throws {
        let port = try await withServer { _, port in port }
        let error = await #expect(throws: SocketIOConnectError.self) {
            try await SocketIOClient.connect(to: url(port))
        }
        #expect(error?.code == .unreachable)
        #expect(error?.description == "127.0.0.1:\(port): TCP connection failed: Connection refused")
    }

    @Test("a server that wants no websocket is quoted")
    func noWebSocket() async throws {
        var configuration = SocketIOConfiguration()
        configuration.engine.transports = .polling
        try await withServer(configuration) { _, port in
            let error = await #expect(throws: SocketIOConnectError.self) {
                try await SocketIOClient.connect(to: url(port))
            }
            #expect(error?.code == .unexpectedAnswer)
            #expect(error?.step == .webSocket)
            #expect(error?.message.hasPrefix("expected 101 Switching Protocols, found 400 Bad Request: ") == true)
        }
    }

    @Test(
        "another server is told from ours",
        arguments: [
            (
                "SSH-2.0-OpenSSH\r\n\r\n",
                "expected a websocket handshake, found something that is not HTTP; does the server speak TLS (https://)?"
            ),
            (
                "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\na\nb\u{1}",
                "expected 101 Switching Protocols, found 404 Not Found: a b "
            ),
            (
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
                "expected a websocket handshake, found an upgrade to another protocol"
            ),
        ]
    )
    func anotherServer(answer: String, message: String) async throws {
        try await withTCPServer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(FixedAnswer(answer))
            }
        } _: { port in
            let error = await #expect(throws: SocketIOConnectError.self) {
                try await SocketIOClient.connect(to: url(port))
            }
            #expect(error?.step == .webSocket)
            #expect(error?.message == message)
        }
    }

    @Test("a server that hangs up is no Socket.IO server")
    func hangsUp() async throws {
        try await withTCPServer {
            $0.close()
        } _: { port in
            let error = await #expect(throws: SocketIOConnectError.self) {
                try await SocketIOClient.connect(to: url(port))
            }
            #expect(error?.address == "127.0.0.1:\(port)")
        }
    }

    @Test("a server that says nothing is given up on in time, and the step is named")
    func silent() async throws {
        try await withOwnLoop { group in
            try await withTCPServer {
                $0.eventLoop.makeSucceededVoidFuture()
            } _: { port in
                let error = await #expect(throws: SocketIOConnectError.self) {
                    try await SocketIOClient.connect(to: url(port), timeout: .seconds(5), eventLoopGroup: group)
                }
                #expect(error?.code == .timedOut)
                #expect(
                    error?.description == "127.0.0.1:\(port): websocket handshake failed: not finished within 5000 ms"
                )
            }
        }
    }

    @Test("a namespace that does not decide is given up on in time")
    func undecided() async throws {
        try await withOwnLoop { group in
            try await withServer(on: group) { server, port in
                server.of("/feed").use { _ in
                    // Until the client has gone.
                    for await _ in AsyncStream<Never>.makeStream().stream {}
                }
                let error = await #expect(throws: SocketIOConnectError.self) {
                    try await SocketIOClient.connect(
                        to: url(port, "/feed"),
                        timeout: .seconds(5),
                        eventLoopGroup: group
                    )
                }
                #expect(error?.code == .timedOut)
                #expect(error?.step == .namespace)
            }
        }
    }

    @Test("a cancelled task stops waiting")
    func cancelled() async throws {
        let accepted = Happenings(of: Void.self)
        try await withTCPServer { channel in
            accepted.note(())
            return channel.eventLoop.makeSucceededVoidFuture()
        } _: { port in
            let target = try url(port)
            let task = Task { try await SocketIOClient.connect(to: target, timeout: .minutes(10)) }
            try await accepted.next()
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }
}

extension SocketIOConnectError {
    fileprivate var address: String { url.address }
}
