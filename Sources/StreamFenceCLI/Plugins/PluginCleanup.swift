import NIOPosix
import StreamFenceHosting

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The end of the plugins, when the servers are gone.
enum PluginCleanup {
    private static let longest = Duration.seconds(10)

    /// Lets them clean up, on a thread that may block, and ends the process if one does not come to an end.
    static func run() async {
        let overdue = Task {
            try await Task.sleep(for: longest)
            let file = LoadedPlugin.fileBeingCleanedUp ?? "a plugin"
            Console.error("stopped without \(file): its streamfence_plugin_cleanup took longer than 10 seconds")
            exit(1)
        }
        await withCheckedContinuation { (finished: CheckedContinuation<Void, Never>) in
            NIOThreadPool.singleton.submit { _ in
                LoadedPlugin.cleanUpAll()
                finished.resume()
            }
        }
        overdue.cancel()
    }
}
