import UnixSignals

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The first SIGTERM or SIGINT has the servers drain; who sends another does not want to wait for that.
enum SecondSignal {
    /// Waits for the second signal, and ends the process with exit code 1.
    static func stopAtOnce() async {
        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint).dropFirst() {
            Console.error("stopped at once, before all that was queued was delivered")
            exit(1)
        }
    }
}
