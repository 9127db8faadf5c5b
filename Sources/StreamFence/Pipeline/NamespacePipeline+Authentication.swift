import NIOCore
import StreamFenceEngineIO
import StreamFenceSocketIO

// Where a namespace requires a token: clients are let in, requests wait for a token's validation, and who has no good token in
// time has to go.
extension NamespacePipeline {
    // MARK: Joining

    /// A client may join without a token, unless `authAt` demands one and it has shown no certificate; a token that is shown has
    /// to be good.
    func admission(of request: ConnectRequest, _ authenticator: Authenticator) -> Admission {
        let peer = Authenticator.Peer(clientID: nil, remoteAddress: request.handshake.remoteAddress)
        let token: String?
        do throws(RequestError) {
            token = try request.token(allowingQuery: authenticator.settings.allowsQueryToken)
        } catch {
            return .refuse(ConnectRefusal(error))
        }
        guard let token else {
            guard authenticator.settings.authAt == .connect, authenticator.identity(in: request.handshake) == nil else {
                return .accept
            }
            authenticator.note(.missing, of: peer)
            return .refuse(ConnectRefusal(AuthenticationError.missing.told))
        }
        return .decide { [eventLoop = request.eventLoop] in
            switch await authenticator.validate(token, for: .connect, of: peer, on: eventLoop) {
            case .success(let accepted): return accepted
            case .failure(let error): throw ConnectRefusal(error.told)
            }
        }
    }

    /// - Parameter accepted: the token the client joined with, if it has shown one: it counts, and not the certificate.
    func gate(
        _ authenticator: Authenticator,
        _ accepted: AcceptedToken?,
        _ handshake: EngineIOHandshake
    ) -> ClientGate {
        let gate = ClientGate(timeout: authenticator.settings.timeout, now: now)
        if let accepted = accepted ?? authenticator.identity(in: handshake).map({ AcceptedToken($0, at: .now()) }) {
            gate.authentication.accept(accepted, for: .connect)
        }
        return gate
    }

    /// Starts the time that a client has with the token it has shown, or without any.
    func watch(_ client: Client) {
        if let accepted = client.gate?.authentication.accepted, authenticator?.isRevoked(accepted) == true {
            return end(client, .revoked)
        }
        guard takePlace(client) else { return end(client, .crowded) }
        client.gate?.watch(on: client.shard.eventLoop) { [weak client] end in
            guard let client else { return }
            self.end(client, end)
        }
    }

    /// - Returns: whether the client's principal may have this connection.
    private func takePlace(_ client: Client) -> Bool {
        guard let principals, let principal = client.principal, client.places[principal] == nil else { return true }
        client.places[principal] = principals.place(
            for: principal,
            session: client.socket.session?.id ?? client.socket.id
        )
        return client.places[principal] != nil
    }

    // MARK: Requests

    /// Whether a request may be carried out now. If not, its token is being checked, and it will be when that is good.
    ///
    /// - Throws: why it may not be carried out at all.
    func isPermitted(
        _ request: ClientRequest,
        _ packet: SocketPacket,
        named name: String,
        from client: Client
    ) throws(RequestError) -> Bool {
        guard let gate = client.gate, let authenticator else { return true }
        guard let (use, token) = try tokenUse(of: request) else { return true }
        switch gate.answer(to: use, with: token) {
        case .allow:
            return true
        case .refuse(let error):
            authenticator.note(error, of: peer(client))
            countReceived(request)
            throw error.told
        case .validate(let token):
            let held = HeldRequests.Request(name: name, packet: packet)
            validate(token, for: use, request, held, of: client, gate, authenticator)
            return false
        }
    }

    /// What a request needs a token for, and the one it shows; nil where it needs none.
    private func tokenUse(of request: ClientRequest) throws(RequestError) -> (TokenUse, String?)? {
        switch request {
        // No validator is asked about topics that clients think of.
        case .subscribe(let name, let token): return (.subscribe(try topic(name).name), token)
        case .publish(let name, _, _, let token): return (.publish(try topic(name).name), token)
        case .authenticate(let token): return (.connect, token)
        case .unsubscribe, .acknowledge: return nil
        }
    }

    private func validate(
        _ token: String,
        for use: TokenUse,
        _ request: ClientRequest,
        _ held: HeldRequests.Request,
        of client: Client,
        _ gate: ClientGate,
        _ authenticator: Authenticator
    ) {
        let eventLoop = client.shard.eventLoop
        let peer = peer(client)
        let bound = NIOLoopBound(client, eventLoop: eventLoop)
        gate.began(
            Task {
                let result = await authenticator.validate(token, for: use, of: peer, on: eventLoop)
                eventLoop.execute { self.validated(result, use, request, held, of: bound.value) }
            }
        )
    }

    private func validated(
        _ result: Result<AcceptedToken, AuthenticationError>,
        _ use: TokenUse,
        _ request: ClientRequest,
        _ held: HeldRequests.Request,
        of client: Client
    ) {
        // It may have left meanwhile.
        guard !client.lanes.isClosed, let gate = client.gate else { return }
        let refusal: AuthenticationError?
        switch result {
        case .success(let accepted):
            gate.authentication.accept(accepted, for: use)
            watch(client)
            guard !client.lanes.isClosed else { return }
            refusal = self.refusal(of: use, with: accepted, to: client, gate)
        case .failure(let error):
            refusal = error
        }
        do throws(RequestError) {
            if let refusal {
                countReceived(request)
                throw refusal.told
            }
            try perform(request, held.packet, from: client)
        } catch {
            refuse(held.packet, named: held.name, error, of: client)
        }
        if let end = gate.ended() { self.end(client, end) }
        carryOutHeld(of: client, gate)
    }

    /// A good token may still not be one for what the client wants to do.
    private func refusal(
        of use: TokenUse,
        with accepted: AcceptedToken,
        to client: Client,
        _ gate: ClientGate
    ) -> AuthenticationError? {
        switch gate.answer(to: use, with: accepted.token) {
        case .allow:
            return nil
        case .refuse(let error):
            authenticator?.note(error, of: peer(client))
            return error
        case .validate:
            // It was accepted for this a moment ago.
            return .notGranted
        }
    }

    /// A publish counts as received, accepted or not.
    private func countReceived(_ request: ClientRequest) {
        guard case .publish(let name, let payload, _, _) = request else { return }
        (try? topic(name))?.inbound.received.count(bytes: payload.count)
    }

    // MARK: What waits

    /// Requests are carried out in the order they came.
    func hold(_ packet: SocketPacket, named name: String, of client: Client, _ gate: ClientGate) {
        do throws(RequestError) {
            try gate.held.append(HeldRequests.Request(name: name, packet: packet))
        } catch {
            refuse(packet, named: name, error, of: client)
        }
    }

    private func carryOutHeld(of client: Client, _ gate: ClientGate) {
        while !client.lanes.isClosed, !gate.isValidating, let next = gate.held.popFirst() {
            carryOut(next.packet, named: next.name, from: client)
        }
    }

    // MARK: Answers

    /// Where no token is required there is nothing to renew.
    func answerAuthenticated(_ client: Client, _ packet: SocketPacket) throws(RequestError) {
        guard let accepted = client.gate?.authentication.accepted else {
            throw RequestError(.invalidRequest, "this namespace requires no token")
        }
        var members: [(key: String, value: SocketValue)] = []
        if let expiresAt = accepted.expiresAt {
            // As JavaScript counts time, and no further than it can.
            let farthest = Duration.milliseconds(8_640_000_000_000_000)
            members.append((key: "expiresAt", value: .integer(min(expiresAt, farthest).wholeMilliseconds)))
        }
        client.socket.emit("authenticated", .object(members))
        client.socket.acknowledge(packet, SocketPayload(.object([(key: "ok", value: true)] + members)))
    }

    /// The client has to go: it is told why, and its connection is closed.
    private func end(_ client: Client, _ end: ClientGate.End) {
        guard !client.lanes.isClosed else { return }
        tell(client, end)
        client.socket.disconnect(closingConnection: true)
    }

    private func tell(_ client: Client, _ end: ClientGate.End) {
        let error: AuthenticationError
        switch end {
        case .notAuthenticated:
            error = .overdue
            client.farewell = "authentication timeout"
            authenticator?.note(error, of: peer(client))
        case .expired:
            error = .expired
            client.farewell = "authentication expired"
        case .revoked:
            error = .revoked
            client.farewell = "authentication revoked"
            counters.revokedClients.increment()
        case .crowded:
            error = .crowded
            client.farewell = "too many connections"
        }
        client.socket.emit("error", error.told.payload)
    }

    // MARK: Revocation

    /// Tells every client that has authenticated as `principal` that it is cut off. Those whose token is being looked at are, when that
    /// is done.
    ///
    /// - Returns: the clients whose connections are to be closed now: not before all namespaces have told theirs, as clients share
    ///   connections.
    func revoke(_ principal: String, on eventLoop: any EventLoop) -> EventLoopFuture<[Socket]> {
        guard let authenticator else { return eventLoop.makeSucceededFuture([]) }
        // Before the clients are looked through: who is accepted from then on finds it.
        authenticator.settings.revocations.revoke(principal)
        let told = connectedSockets.map { socket in
            socket.eventLoop.submit { () -> Socket? in
                guard let client = self.client(of: socket), !client.lanes.isClosed,
                    client.gate?.authentication.principals.contains(principal) == true
                else { return nil }
                self.tell(client, .revoked)
                return socket
            }
        }
        return EventLoopFuture.reduce(into: [], told, on: eventLoop) { all, one in
            if let one { all.append(one) }
        }
    }

    private func peer(_ client: Client) -> Authenticator.Peer {
        Authenticator.Peer(clientID: client.socket.id, remoteAddress: client.socket.handshake.remoteAddress)
    }
}

extension RequestError {
    /// As the event `error` carries it.
    fileprivate var payload: SocketPayload {
        SocketPayload(["code": .string(code.rawValue), "message": .string(message)])
    }
}

extension ConnectRefusal {
    fileprivate init(_ error: RequestError) {
        self.init(error.message, data: ["code": .string(error.code.rawValue)])
    }
}
