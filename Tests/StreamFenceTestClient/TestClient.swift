import NIOCore
import NIOPosix
import StreamFenceEngineIO

/// A websocket client that sends exactly what a test says, broken packets included, and hands out what arrives one by one.
package final class TestClient: Sendable {
    /// What arrives, without the Engine.IO part; heartbeats are answered and not shown.
    package enum Frame: Equatable, Sendable {
        /// A Socket.IO packet's text.
        case packet(String)
        case attachment(ByteBuffer)
        /// The connection ended; with a close frame's code, if there was one.
        case closed(UInt16?)
    }

    /// What a test waited for did not come.
    package struct Unexpected: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    private let channel: any Channel
    private let inbox: NIOLoopBound<Inbox>

    private init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = NIOLoopBound(inbox, eventLoop: channel.eventLoop)
    }

    /// Connects to a server on this machine and opens an Engine.IO session.
    ///
    /// - Parameters:
    ///   - query: what else stands in the request's query, such as `&token=t`.
    ///   - header: one more header of the request, such as `Authorization: Bearer t`.
    package static func connect(
        to port: Int?,
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        query: String = "",
        header: String = "X-None: none"
    ) async throws -> TestClient {
        guard let port else { throw Unexpected(description: "expected a server that listens, found none") }
        let client = try await ClientBootstrap(group: group)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let inbox = Inbox(eventLoop: channel.eventLoop)
                    try channel.pipeline.syncOperations.addHandler(inbox)
                    return TestClient(channel: channel, inbox: inbox)
                }
            }
        client.channel.writeAndFlush(ByteBuffer(string: handshake(query, header)), promise: nil)
        _ = try await client.next()
        return client
    }

    private static func handshake(_ query: String, _ header: String) -> String {
        """
        GET /socket.io/?EIO=4&transport=websocket\(query) HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        \(header)\r\n\r\n
        """
    }

    /// Sends a Socket.IO packet and its attachments.
    package func send(_ packet: String, attachments: ByteBuffer...) {
        var bytes = ByteBuffer()
        bytes.writeMaskedMessage(.message(.text(ByteBuffer(string: packet))), mask: 0x1234_5678)
        for attachment in attachments { bytes.writeMaskedMessage(.message(.binary(attachment)), mask: 0x9ABC_DEF0) }
        channel.writeAndFlush(bytes, promise: nil)
    }

    /// Sends packets so that the server receives all of them in one tick.
    package func sendTogether(_ packets: [String]) {
        var bytes = ByteBuffer()
        for packet in packets { bytes.writeMaskedMessage(.message(.text(ByteBuffer(string: packet))), mask: 7) }
        channel.writeAndFlush(bytes, promise: nil)
    }

    /// What arrives next; a minute without it fail the test rather than hang it.
    package func next() async throws -> Frame {
        try await channel.eventLoop.flatSubmit { [inbox] in inbox.value.next() }.get()
    }

    /// The next packet, which must be one of text.
    package func packet() async throws -> String {
        let frame = try await next()
        guard case .packet(let text) = frame else { throw Unexpected(description: "expected a packet, found \(frame)") }
        return text
    }

    /// Reads nothing from the connection any more, so that the server's writes pile up; or goes on reading.
    package func setReading(_ isReading: Bool) async throws {
        try await channel.setOption(.autoRead, value: isReading).get()
    }

    /// Resets the connection: the server's next write to it fails.
    package func reset() async throws {
        try await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try await channel.close().get()
    }

    /// Drops the connection without a word.
    package func drop() async {
        try? await channel.close().get()
    }
}
