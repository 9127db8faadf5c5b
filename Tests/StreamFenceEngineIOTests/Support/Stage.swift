import Logging
import NIOCore
import NIOEmbedded

@testable import StreamFenceEngineIO

/// A server on an embedded loop, with the clients a scenario brings: nothing moves unless the scenario says so.
///
/// An embedded loop runs what it is given in the order of time, on the test's own thread.
final class Stage {
    let loop = EmbeddedEventLoop()
    let server: EngineIOServer
    private let company = Company()

    init(_ configure: (inout EngineIOConfiguration) -> Void = { _ in }) {
        var configuration = EngineIOConfiguration()
        configuration.path = "/engine.io/"
        configure(&configuration)
        server = EngineIOServer(configuration: configuration, logger: .silent) { [company] session in
            let application = Application(session)
            company.applications.append(application)
            company.onOpen(session, application)
            return application
        }
    }

    /// What the application saw of each session, in the order they opened.
    var applications: [Application] { company.applications }

    /// What the application does as soon as a session opens.
    var onOpen: (EngineIOSession, Application) -> Void {
        get { company.onOpen }
        set { company.onOpen = newValue }
    }

    /// The application of the session that opened last.
    var application: Application { applications[applications.count - 1] }

    func connect() throws -> Connection {
        try Connection(to: [server], on: loop)
    }

    func advance(_ time: TimeAmount) {
        loop.advanceTime(by: time)
    }

    /// Ends the tick: what waits for the loop runs.
    func tick() {
        loop.run()
    }
}

/// The applications of all sessions.
///
/// `@unchecked Sendable`: the server calls a `@Sendable` closure, here always on the test's own thread.
private final class Company: @unchecked Sendable {
    var applications: [Application] = []
    var onOpen: (EngineIOSession, Application) -> Void = { _, _ in }
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// The layer above a session, which writes down what it is told and can be given something to do.
final class Application: EngineIOSessionDelegate {
    private(set) weak var session: EngineIOSession?
    private(set) var received: [EngineMessage] = []
    private(set) var writableCalls = 0
    private(set) var closed: [EngineIOCloseReason] = []
    var onMessage: (EngineIOSession, EngineMessage) -> Void = { _, _ in }
    var onWritable: (EngineIOSession) -> Void = { _ in }
    var onClosed: (EngineIOSession) -> Void = { _ in }

    init(_ session: EngineIOSession) {
        self.session = session
    }

    func session(_ session: EngineIOSession, received message: EngineMessage) {
        received.append(message)
        onMessage(session, message)
    }

    func sessionBecameWritable(_ session: EngineIOSession) {
        writableCalls += 1
        onWritable(session)
    }

    func session(_ session: EngineIOSession, closed reason: EngineIOCloseReason) {
        closed.append(reason)
        onClosed(session)
    }

    /// The messages as text, binary ones in angle brackets.
    var texts: [String] {
        received.map { message in
            switch message {
            case .text(let text): return String(buffer: text)
            case .binary(let bytes): return "<\(Array(buffer: bytes).map(String.init).joined(separator: " "))>"
            }
        }
    }

    func send(_ texts: String...) {
        for text in texts { session?.send(.text(text)) }
    }

    /// Sends everything back, as the server of the official suite does.
    func echoes() {
        onMessage = { session, message in session.send(EncodedMessage(.message(message))) }
    }
}

extension EncodedMessage {
    static func text(_ text: String) -> EncodedMessage {
        EncodedMessage(text: ByteBuffer(string: text))
    }

    static func text(_ bytes: Int) -> EncodedMessage {
        EncodedMessage(text: ByteBuffer(repeating: UInt8(ascii: "x"), count: bytes))
    }
}
