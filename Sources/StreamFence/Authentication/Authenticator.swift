import Logging
import NIOCore
import StreamFenceEngineIO
import StreamFencePluginKit

/// Has the tokens of a namespace checked.
///
/// 1. Asks the validator, unless the client's address has used up its refusals or the validator has ceased to answer
///    (``ValidatorBreaker``), and for no longer than `authTimeout`.
/// 2. Takes a refusal, an error, a time-out and an acceptance that can't be one for the same: a refusal. Only what the validator
///    has refused counts against the client's address.
/// 3. Counts refusals, tells listeners, and logs them, a few lines of each kind. Nobody is shown a token.
///
/// May be used from any thread.
final class Authenticator: Sendable {
    let settings: AuthenticationSettings
    private let namespace: String
    private let counters: NamespaceCounters
    private let events: EventHub
    private let logger: Logger
    private let now: @Sendable () -> Duration

    /// Whose token it is.
    struct Peer: Sendable {
        /// nil before the client has joined.
        let clientID: String?
        /// Empty where the system does not tell.
        let remoteAddress: String
    }

    /// The longest token that a validator is asked about, in bytes.
    static let maxTokenBytes = 16_384

    init(
        _ settings: AuthenticationSettings,
        namespace: String,
        counters: NamespaceCounters,
        events: EventHub,
        logger: Logger,
        now: @escaping @Sendable () -> Duration
    ) {
        self.settings = settings
        self.namespace = namespace
        self.counters = counters
        self.events = events
        self.logger = logger
        self.now = now
    }

    /// - Parameter eventLoop: measures the time.
    func validate(
        _ token: String,
        for use: TokenUse,
        of peer: Peer,
        on eventLoop: any EventLoop
    ) async -> Result<AcceptedToken, AuthenticationError> {
        guard settings.limiter.admits(peer.remoteAddress) else {
            note(.rateLimited, of: peer)
            return .failure(.rateLimited)
        }
        let result = await ask(token, use, peer, eventLoop)
        if case .failure(let error) = result {
            if case .rejected = error { settings.limiter.countRejection(of: peer.remoteAddress) }
            note(error, of: peer)
        }
        return result
    }

    private func ask(
        _ token: String,
        _ use: TokenUse,
        _ peer: Peer,
        _ eventLoop: any EventLoop
    ) async -> Result<AcceptedToken, AuthenticationError> {
        // No validator has to be careful about these.
        guard !token.isEmpty else { return .failure(.rejected(reason: "an empty token")) }
        guard token.utf8.count <= Self.maxTokenBytes else {
            return .failure(.rejected(reason: "a token of more than \(Self.maxTokenBytes) bytes"))
        }
        let request = TokenRequest(
            token: token,
            namespace: namespace,
            topic: use.topic,
            action: use.action,
            remoteAddress: peer.remoteAddress
        )
        guard settings.breaker.admits() else {
            return .failure(
                .undecided(reason: "the validator \(settings.validatorName) has ceased to answer, and was not asked")
            )
        }
        let validator = settings.validator
        let start = NIODeadline.now()
        let outcome = await eventLoop.limit(to: settings.timeout) { try await validator.validate(request) }
        let isAbandoned = Task.isCancelled
        tellBreaker(of: outcome, after: .now() - start, isAbandoned)
        guard !isAbandoned else { return .failure(.abandoned) }
        switch outcome {
        case .finished(.success(.accept(let principal, let expiresAt, let grants))):
            let accepted = AcceptedToken(
                token: token,
                principal: principal,
                expiresAt: expiresAt,
                grants: grants,
                asked: start
            )
            return check(accepted).map { .failure(.rejected(reason: $0)) } ?? .success(accepted)
        case .finished(.success(.reject(let reason))):
            return .failure(.rejected(reason: Self.presentable(reason, without: token)))
        case .finished(.failure(let error)):
            return .failure(
                .undecided(
                    reason: "the validator \(settings.validatorName) failed: "
                        + Self.presentable("\(error)", without: token)
                )
            )
        case .timedOut:
            let limit = settings.timeout.nanoseconds / 1_000_000
            let reason =
                "the validator \(settings.validatorName) took longer than \(limit) milliseconds (authTimeoutMs)"
            return .failure(.undecided(reason: reason))
        }
    }

    private func tellBreaker(
        of outcome: TimeLimited<TokenDecision>,
        after time: TimeAmount,
        _ isAbandoned: Bool
    ) {
        let change: ValidatorBreaker.Change?
        switch outcome {
        case .finished(.failure) where isAbandoned:
            // It was told to stop, and has: that is no answer.
            change = settings.breaker.abandoned(after: time)
        case .finished:
            change = settings.breaker.answered()
        case .timedOut:
            change = settings.breaker.timedOut()
        }
        switch change {
        case .opened:
            let pause = ValidatorBreaker.pause.nanoseconds / 1_000_000_000
            logger.error(
                """
                the token validator \(settings.validatorName) has not answered \(ValidatorBreaker.threshold) times in a row: until it does, it is asked \
                about one token in \(pause) seconds, and the others are refused at once
                """,
                metadata: ["namespace": "\(namespace)"]
            )
        case .closed:
            logger.notice(
                "the token validator \(settings.validatorName) answers again",
                metadata: ["namespace": "\(namespace)"]
            )
        case nil:
            break
        }
    }

    /// Why a token that was accepted can't be; nil if it can.
    private func check(_ accepted: AcceptedToken) -> String? {
        if accepted.principal.isEmpty { return "the validator named no principal" }
        if accepted.principal == accepted.token { return "the validator named the token as its principal" }
        // It is shown in logs.
        if escapingControls(accepted.principal) != accepted.principal {
            return "the validator named a principal with control characters"
        }
        if let expiresAt = accepted.expiresAt, expiresAt <= now() { return "expired" }
        return nil
    }

    /// What somebody else's code says, which may repeat what it was given.
    private static func presentable(_ text: String, without token: String) -> String {
        let text = escapingControls(text.replacing(token, with: "…"))
        return text.utf8.count <= 256 ? text : String(decoding: text.utf8.prefix(256), as: UTF8.self) + "…"
    }

    /// Who a client is by its certificate, where that counts.
    func identity(in handshake: EngineIOHandshake) -> PeerIdentity? {
        settings.acceptsCertificates ? handshake.identity : nil
    }

    /// Whether its principal was cut off while the validator was still being asked.
    func isRevoked(_ accepted: AcceptedToken) -> Bool {
        settings.revocations.hasRevoked(accepted.principal, since: accepted.asked)
    }

    /// Counts a refusal, logs it and tells listeners.
    func note(_ error: AuthenticationError, of peer: Peer) {
        if error == .rateLimited { counters.rateLimitedTokens.increment() }
        guard let reason = error.reason else { return }
        counters.rejectedTokens.increment()
        settings.log.log(
            logger,
            "token refused",
            metadata: [
                "namespace": "\(namespace)", "client": "\(peer.clientID ?? "none yet")",
                "address": "\(peer.remoteAddress)", "reason": "\(reason)",
            ]
        )
        events.emit(
            .authRejected(
                AuthRejectedEvent(
                    namespace: namespace,
                    clientID: peer.clientID,
                    remoteAddress: peer.remoteAddress.isEmpty ? nil : peer.remoteAddress,
                    reason: reason
                )
            )
        )
    }
}
