import Testing

@testable import StreamFence

@Suite("The default of maxQueuedBytes")
struct MemoryDefaultTests {
    private static let mebibyte = 1_048_576

    private func defaultMaxQueuedBytes(physical: Int?, _ files: [String: String] = [:]) -> Int {
        ServerConfiguration.defaultMaxQueuedBytes(physicalMemory: physical) { files[$0] }
    }

    @Test("Is a quarter of the machine's memory, at most 1 GiB")
    func physical() {
        #expect(defaultMaxQueuedBytes(physical: 2048 * Self.mebibyte) == 512 * Self.mebibyte)
        #expect(defaultMaxQueuedBytes(physical: 4096 * Self.mebibyte) == 1024 * Self.mebibyte)
        #expect(defaultMaxQueuedBytes(physical: 65_536 * Self.mebibyte) == 1024 * Self.mebibyte)
        #expect(defaultMaxQueuedBytes(physical: nil) == 1024 * Self.mebibyte)
        #expect(defaultMaxQueuedBytes(physical: 1) == 1)
    }

    @Test(
        "Is a quarter of what a control group allows, where that is less",
        arguments: [
            // A container, which sees its own group as the root; version 2 and version 1.
            ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "536870912\n"],
            [
                "/proc/self/cgroup": "5:cpu:/docker/1\n4:memory:/docker/1\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
            ],
            // A service of systemd, and one whose slice is limited.
            [
                "/proc/self/cgroup": "0::/system.slice/feed.service\n",
                "/sys/fs/cgroup/system.slice/memory.max": "max\n",
                "/sys/fs/cgroup/system.slice/feed.service/memory.max": "536870912\n",
            ],
            [
                "/proc/self/cgroup": "0::/user.slice/feed.service\n",
                "/sys/fs/cgroup/user.slice/memory.max": "536870912\n",
                "/sys/fs/cgroup/user.slice/feed.service/memory.max": "1073741824\n",
            ],
            [
                "/proc/self/cgroup": "9:name=systemd:/\n4:hugetlb,memory:/feed:1\n0::/\n",
                "/sys/fs/cgroup/memory/feed:1/memory.limit_in_bytes": "536870912",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
            ],
            // The files of /sys are there although /proc says nothing.
            ["/sys/fs/cgroup/memory.max": "536870912"],
        ]
    )
    func controlGroups(files: [String: String]) {
        #expect(defaultMaxQueuedBytes(physical: 4096 * Self.mebibyte, files) == 128 * Self.mebibyte)
        #expect(defaultMaxQueuedBytes(physical: 256 * Self.mebibyte, files) == 64 * Self.mebibyte)
    }

    @Test(
        "Does not mind a control group without a limit",
        arguments: ["max\n", "9223372036854771712\n", "0\n", "-1\n", "", "99999999999999999999\n", "\n1"]
    )
    func unlimited(limit: String) {
        let files = ["/proc/self/cgroup": "0::/\nnonsense\n:\n::\n", "/sys/fs/cgroup/memory.max": limit]
        #expect(defaultMaxQueuedBytes(physical: 2048 * Self.mebibyte, files) == 512 * Self.mebibyte)
    }

    @Test("Is known on this machine")
    func thisMachine() {
        #expect((1...1024 * Self.mebibyte).contains(ServerConfiguration.defaultMaxQueuedBytes))
    }
}
