import StreamFenceBuiltin
import StreamFencePluginKit

/// The overflow policies by the name a configuration gives them.
struct OverflowPolicies: Sendable {
    private let policies: [String: any OverflowPolicy]

    /// Those that come with StreamFence.
    static let builtin = OverflowPolicies(policies: [
        "reject-new": RejectNew(),
        "drop-oldest": DropOldest(),
        "coalesce": Coalesce(),
        "snapshot-only": SnapshotOnly(),
        "spill-to-disk": SpillToDisk(),
        "disconnect": Disconnect(),
    ])

    subscript(name: String) -> (any OverflowPolicy)? { policies[name] }
}
