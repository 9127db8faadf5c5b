import Logging
import StreamFence
import UnixSignals

/// SIGHUP has the servers read their certificates again, as it has other servers read what they are configured with.
enum HangUp {
    /// Waits for the signal, again and again.
    static func reloadCertificates(of servers: [StreamFenceServer], _ logger: Logger) async {
        let secure = servers.filter { $0.configuration.transport == .wss }
        for await _ in await UnixSignalsSequence(trapping: .sighup) {
            if secure.isEmpty { logger.notice("SIGHUP: no server has a certificate to read again") }
            // What is wrong with one is in the log.
            for server in secure { try? await server.reloadCertificate() }
        }
    }
}
