import StreamFenceEngineIO
import StreamFenceSocketIO

// What listeners are told about a namespace's clients. A client's disconnection is the last that is told about it, but for
// messages its handler is still busy with: what is noted after its connection may have ended looks first.
extension NamespacePipeline {
    func noteConnected(_ client: Client, over transport: EngineIOTransport) {
        counters.connections.increment()
        events.emit(
            .clientConnected(
                ClientConnectedEvent(
                    namespace: configuration.path,
                    clientID: client.socket.id,
                    transport: transport,
                    principal: client.principal
                )
            )
        )
    }

    func noteDisconnected(_ client: Client, _ reason: DisconnectReason) {
        counters.disconnections.increment()
        events.emit(
            .clientDisconnected(
                ClientDisconnectedEvent(
                    namespace: configuration.path,
                    clientID: client.socket.id,
                    reason: client.farewell ?? reason.description
                )
            )
        )
    }

    func noteSubscribed(_ client: Client, to topic: Topic) {
        guard !client.lanes.isClosed else { return }
        events.emit(
            .subscribed(
                SubscribedEvent(namespace: configuration.path, clientID: client.socket.id, topic: topic.name)
            )
        )
    }

    func noteUnsubscribed(_ client: Client, from topic: Topic) {
        guard !client.lanes.isClosed else { return }
        events.emit(
            .unsubscribed(
                UnsubscribedEvent(namespace: configuration.path, clientID: client.socket.id, topic: topic.name)
            )
        )
    }

    // MARK: Publishes of clients

    func noteAccepted(_ topic: String, from clientID: String) {
        events.emit(
            .publishAccepted(PublishAcceptedEvent(namespace: configuration.path, clientID: clientID, topic: topic))
        )
    }

    /// - Parameter packet: the `publish` that was refused, well formed or not.
    func noteRejected(_ packet: SocketPacket, _ error: RequestError, from client: Client) {
        events.emit(
            .publishRejected(
                PublishRejectedEvent(
                    namespace: configuration.path,
                    clientID: client.socket.id,
                    topic: packet.argument(at: 0)?["topic"]?.string.map(nameToTell),
                    reasonCode: error.code,
                    reason: error.message
                )
            )
        )
    }

    /// Where the handler's outcome is the message's.
    func noteHandled(_ topic: String, from clientID: String, _ result: Result<Void, any Error>) {
        guard case .failure(let failure) = result else { return noteAccepted(topic, from: clientID) }
        let error = RequestError.publishing(failure)
        events.emit(
            .publishRejected(
                PublishRejectedEvent(
                    namespace: configuration.path,
                    clientID: clientID,
                    topic: topic,
                    reasonCode: error.code,
                    reason: error.message
                )
            )
        )
    }

    /// A client may name a topic of any length: buffers full of those would be as large as the client likes.
    private func nameToTell(_ name: String) -> String {
        guard name.utf8.count > 256, (try? topic(name)) == nil else { return name }
        return String(decoding: name.utf8.prefix(256), as: UTF8.self)
    }
}
