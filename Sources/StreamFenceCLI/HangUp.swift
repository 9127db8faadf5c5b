import StreamFence
import UnixSignals

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// SIGHUP has the servers read their certificates again, as it has other servers read what they are configured with. Where none has
/// a certificate it stops them, as a terminal does that is closed, unless whoever started the process has it ignored (`nohup`).
enum HangUp {
    /// Waits for the signal, again and again, from the moment this returns.
    ///
    /// - Returns: nil where it is ignored.
    static func obey(for servers: [StreamFenceServer]) async -> Task<Void, Never>? {
        let secure = servers.filter { $0.configuration.transport == .wss }
        if secure.isEmpty && isIgnored() { return nil }
        let signals = await UnixSignalsSequence(trapping: .sighup)
        return Task {
            var isStopping = false
            for await _ in signals {
                // What is wrong with a certificate is in the log.
                for server in secure { try? await server.reloadCertificate() }
                // Once: a terminal may say so twice, and a second one would have no patience.
                if secure.isEmpty && !isStopping { kill(getpid(), SIGTERM) }
                isStopping = true
            }
        }
    }

    private static func isIgnored() -> Bool {
        let before = signal(SIGHUP, SIG_IGN)
        signal(SIGHUP, before)
        return unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
