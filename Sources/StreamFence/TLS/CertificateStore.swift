import Logging
import NIOCore
import NIOPosix
import NIOSSL
import StreamFenceEngineIO
import Synchronization

/// Has a server's certificate at hand for new connections, and takes another one when its files change.
///
/// 1. Connections that exist keep what they were made with.
/// 2. A pair that can't be used is refused with a line in the log, and the one before stays.
/// 3. Files that are being written are left alone: they are read when they have been the same twice in a row.
final class CertificateStore: Sendable {
    private let configuration: TLSConfiguration
    private let logger: Logger
    /// The wall clock, since 1970.
    private let now: @Sendable () -> Duration
    private let state: Mutex<State>
    let failedHandshakes = Counter()
    /// Held while the files are read: the timer and a signal may both ask for it.
    private let reading = Mutex(())

    private struct State {
        var certificate: ServerCertificate
        /// The files as they were when they were last read, whatever came of it.
        var read: [SmallFile.Stamp?]
        /// The files as they were when they were last looked at.
        var seen: [SmallFile.Stamp?]
        var reloads = (done: 0, refused: 0)
        var watch: RepeatedTask?
    }

    private static let interval = TimeAmount.seconds(1)

    /// Reads the files: blocks.
    init(
        _ configuration: TLSConfiguration,
        _ logger: Logger,
        now: @escaping @Sendable () -> Duration
    ) throws(CertificateError) {
        self.configuration = configuration
        self.logger = logger
        self.now = now
        let stamps = Self.stamps(configuration)
        let certificate = try ServerCertificate(configuration)
        state = Mutex(State(certificate: certificate, read: stamps, seen: stamps))
        warnUnlessValid(certificate)
    }

    /// When the certificate in use ends, in seconds since 1970.
    var expiry: Int { state.withLock { $0.certificate.notAfter } }
    /// How often it was replaced, and how often that was refused.
    var reloads: (done: Int, refused: Int) { state.withLock { $0.reloads } }

    /// Secures a new connection, on its event loop and before anything else is added to it.
    func secure(_ channel: any Channel) throws {
        let (context, number) = state.withLock { ($0.certificate.context, $0.reloads.done) }
        try channel.pipeline.syncOperations.addHandlers([
            NIOSSLServerHandler(context: context), TLSErrorHandler(self),
        ])
        guard configuration.clientCAPemPath != nil else { return }
        try channel.pipeline.syncOperations.addHandler(ClientCertificateHandler(self, number: number))
    }

    /// Whether the certificates of this number are in use still: who was vouched for by others has to be again.
    func stands(_ number: Int) -> Bool { state.withLock { $0.reloads.done } == number }

    /// Counts a connection that TLS did not come about on, or that showed a certificate which names nobody. Told at debug level, as
    /// anybody who looks at the port makes one.
    func handshakeFailed(_ what: Logger.Message, _ error: any Error) {
        failedHandshakes.increment()
        logger.debug(what, metadata: ["reason": "\(error)"])
    }

    // MARK: Reloading

    /// Looks at the files every second from now on.
    func watch(on eventLoop: any EventLoop) {
        let task = eventLoop.scheduleRepeatedAsyncTask(initialDelay: Self.interval, delay: Self.interval) { _ in
            NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) { self.look() }
        }
        state.withLock { $0.watch = task }
    }

    func stopWatching() {
        state.withLock { state in
            state.watch?.cancel()
            state.watch = nil
        }
    }

    /// Reads the files again if they have changed, and are the same as the last time. Blocks.
    func look() {
        let stamps = Self.stamps(configuration)
        let hasChanged = state.withLock { state in
            defer { state.seen = stamps }
            return stamps == state.seen && stamps != state.read
        }
        // What is wrong is in the log.
        if hasChanged { try? reload() }
    }

    /// Reads the files again. Blocks.
    ///
    /// - Throws: what is wrong with them, which is logged as well; the certificate before stays in use.
    func reload() throws(CertificateError) {
        try reading.withLock { _ throws(CertificateError) in try readAgain() }
    }

    private func readAgain() throws(CertificateError) {
        let stamps = Self.stamps(configuration)
        do {
            let certificate = try ServerCertificate(configuration)
            state.withLock { state in
                state.certificate = certificate
                state.read = stamps
                state.reloads.done += 1
            }
            logger.notice("certificate reloaded", metadata: ["daysLeft": "\((certificate.notAfter - time) / 86_400)"])
            warnUnlessValid(certificate)
        } catch {
            state.withLock { state in
                state.read = stamps
                state.reloads.refused += 1
            }
            logger.error("certificate not reloaded, the one before stays in use", metadata: ["reason": "\(error)"])
            throw error
        }
    }

    private func warnUnlessValid(_ certificate: ServerCertificate) {
        let isOver = time > certificate.notAfter
        guard isOver || time < certificate.notBefore else { return }
        logger.warning(
            "clients will refuse the certificate: it is \(isOver ? "no longer" : "not yet") valid",
            metadata: ["file": "\(configuration.certChainPemPath)"]
        )
    }

    private var time: Int { Int(now() / .seconds(1)) }

    private static func stamps(_ configuration: TLSConfiguration) -> [SmallFile.Stamp?] {
        [configuration.certChainPemPath, configuration.privateKeyPemPath, configuration.clientCAPemPath]
            .map { $0.flatMap { SmallFile.Stamp(of: $0) } }
    }
}

extension ServerConfiguration {
    /// What is wrong with the files that ``tls`` names; empty if nothing is, or there are none. Reads them: blocks.
    public func certificateProblems() -> [ConfigurationProblem] {
        guard let tls else { return [] }
        do {
            _ = try ServerCertificate(tls)
            return []
        } catch {
            return [ConfigurationProblem(path: "servers.\(name).tls", message: error.description)]
        }
    }
}
