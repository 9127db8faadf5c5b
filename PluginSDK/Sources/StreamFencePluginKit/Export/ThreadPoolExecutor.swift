import Dispatch
import Synchronization

/// Runs tasks that may block, on a few threads of its own. Swift's own have to stay free: there are as many as cores, and
/// everything else in the process waits for them.
///
/// Any thread. It lives as long as the process.
package final class ThreadPoolExecutor: TaskExecutor {
    /// The one of this image: of the server's executable, or of a plugin's file.
    package static let shared = ThreadPoolExecutor(threads: 8)

    private let jobs = Mutex<[UnownedJob]>([])
    private let count = DispatchSemaphore(value: 0)

    private init(threads: Int) {
        for number in 0..<threads {
            // A queue that never finishes its first item is a thread.
            DispatchQueue(label: "streamfence.validators.\(number)").async { self.run() }
        }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        count.signal()
    }

    private func run() -> Never {
        while true {
            count.wait()
            let job = jobs.withLock { $0.removeFirst() }
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
