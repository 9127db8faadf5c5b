import StreamFence
import UnixSignals

/// SIGHUP has the servers read their certificates again, as it has other servers read what they are configured with.
enum HangUp {
    /// Waits for the signal, again and again, from the moment this returns.
    ///
    /// - Returns: nil where no server has a certificate: the signal is left to stop the process then, as a terminal that is closed does.
    static func reloadCertificates(of servers: [StreamFenceServer]) async -> Task<Void, Never>? {
        let secure = servers.filter { $0.configuration.transport == .wss }
        guard !secure.isEmpty else { return nil }
        let signals = await UnixSignalsSequence(trapping: .sighup)
        return Task {
            for await _ in signals {
                // What is wrong with one is in the log.
                for server in secure { try? await server.reloadCertificate() }
            }
        }
    }
}
