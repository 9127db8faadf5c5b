/// A message as lanes hold it: encoded once, shared by the lanes of every recipient.
package final class Message: Sendable {
    /// What is written: opaque here, known to the transport.
    package let content: any MessageContent
    /// The encoded size in bytes, as it counts against the limits.
    package let bytes: Int
    /// The key given when it was published.
    package let key: String?

    package init(content: any MessageContent, bytes: Int, key: String?) {
        self.content = content
        self.bytes = bytes
        self.key = key
    }
}

/// What a transport knows how to write. The delivery engine never looks inside.
package protocol MessageContent: AnyObject, Sendable {}
