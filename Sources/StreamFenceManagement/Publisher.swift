import NIOCore
import StreamFence
import StreamFenceSocketIO

/// Publishes what calls of the API bring, on the server that each is for.
struct Publisher: Sendable {
    let servers: [StreamFenceServer]

    /// The most messages that one call may bring: each is answered, and an answer is longer than a message may be.
    static let maxBatch = 10_000

    /// One message.
    func publish(_ body: ByteBuffer) -> APIAnswer {
        answer { () throws(ManagementError) in try publish(try JSONFragment(body: body)) }
    }

    /// A list of messages, each answered by itself: one that is refused stops none after it.
    func publishBatch(_ body: ByteBuffer) throws(ManagementError) -> [APIAnswer] {
        guard let items = try JSONFragment(body: body).elements else { throw .invalid("expected a list of messages") }
        guard items.count <= Self.maxBatch else {
            throw ManagementError(
                .contentTooLarge,
                "PAYLOAD_TOO_LARGE",
                "expected at most \(Self.maxBatch) messages, found \(items.count)"
            )
        }
        return items.map { item in answer { () throws(ManagementError) in try publish(item) } }
    }

    private func publish(_ body: JSONFragment) throws(ManagementError) -> PublishReceipt {
        let request = try PublishRequest(body)
        let server = try server(for: request)
        guard server.isServing else { throw .notServing(server.configuration.name) }
        let payload = MessagePayload(json: request.payload, attachments: [])
        do {
            guard let client = request.clientID else {
                return try server.publish(request.namespace, request.topic, payload: payload, key: request.key)
            }
            return try server.publishTo(
                request.namespace,
                client,
                request.topic,
                payload: payload,
                key: request.key
            )
        } catch let error as PublishError {
            throw ManagementError(error)
        } catch {
            throw ManagementError(.internalServerError, "INTERNAL_ERROR", "the message could not be published")
        }
    }

    /// The one that is named; otherwise the only one that has the namespace.
    private func server(for request: PublishRequest) throws(ManagementError) -> StreamFenceServer {
        if let name = request.server {
            return try servers.named(name)
        }
        let having = servers.filter { server in
            server.configuration.namespaces.contains { $0.path == request.namespace }
        }
        guard having.count <= 1 else {
            throw .invalid("\(having.names) have a namespace \(request.namespace): expected server to say which one")
        }
        guard let server = having.first else {
            throw ManagementError(
                .notFound,
                PublishError.Code.unknownNamespace.description,
                "there is no namespace \(request.namespace.prefix(60))"
            )
        }
        return server
    }

    private func answer(_ publish: () throws(ManagementError) -> PublishReceipt) -> APIAnswer {
        do throws(ManagementError) {
            return .published(try publish())
        } catch {
            return .refused(error)
        }
    }
}

extension [StreamFenceServer] {
    func named(_ name: String) throws(ManagementError) -> StreamFenceServer {
        guard let server = first(where: { $0.configuration.name == name }) else {
            throw .unknownServer("expected one of \(names), found \"\(name.prefix(60))\"")
        }
        return server
    }

    /// Of all of them, for a message.
    var names: String { map(\.configuration.name).joined(separator: ", ") }
}
