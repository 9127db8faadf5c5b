import StreamFencePluginKit

/// What the lanes of a namespace have in common.
package final class LaneSettings: Sendable {
    /// The namespace's path, for the policy to know.
    let namespace: String
    /// The most messages a lane holds.
    let maxMessages: Int
    /// The most bytes all lanes of a client hold.
    let maxBytes: Int
    let policy: any OverflowPolicy

    package init(namespace: String, maxMessages: Int, maxBytes: Int, policy: any OverflowPolicy) {
        self.namespace = namespace
        self.maxMessages = maxMessages
        self.maxBytes = maxBytes
        self.policy = policy
    }
}
