import NIOCore

/// A client of a namespace that requires authentication: its token, what waits for a token's validation, and the time it has.
/// Owned by the client's event loop.
///
/// There is one timer: until the client is authenticated it is the time it has for that, and then the end of its token.
final class ClientGate {
    var authentication = ClientAuthentication()
    var held = HeldRequests()
    private var validation: Task<Void, Never>?
    private var timer: Scheduled<Void>?
    /// Whether the time to authenticate was up while a validation was under way, which is waited for.
    private var isOverdue = false
    private let timeout: TimeAmount
    private let now: @Sendable () -> Duration

    /// Why a client has to go.
    enum End {
        case notAuthenticated, expired, revoked, crowded
    }

    /// How far ahead the end of a token is looked for at most: the wall clock may be set meanwhile.
    private static let longestWait = TimeAmount.hours(1)

    init(timeout: TimeAmount, now: @escaping @Sendable () -> Duration) {
        self.timeout = timeout
        self.now = now
    }

    // MARK: Validation

    var isValidating: Bool { validation != nil }

    /// What to do with a request.
    func answer(to use: TokenUse, with token: String?) -> ClientAuthentication.Answer {
        authentication.answer(to: use, with: token, at: now())
    }

    /// A validation is under way; one at a time.
    func began(_ task: Task<Void, Never>) {
        validation = task
    }

    /// The validation is over.
    ///
    /// - Returns: why the client has to go, if it has to.
    func ended() -> End? {
        validation = nil
        return isOverdue && !authentication.isAuthenticated ? .notAuthenticated : nil
    }

    // MARK: Time

    /// Starts the time the client has, from now.
    ///
    /// - Parameter end: called when it is up.
    func watch(on eventLoop: any EventLoop, _ end: @escaping (End) -> Void) {
        timer?.cancel()
        timer = nil
        guard let accepted = authentication.accepted else {
            timer = eventLoop.assumeIsolated().scheduleTask(in: timeout) { [weak self] in
                guard let self else { return }
                if isValidating { isOverdue = true } else { end(.notAuthenticated) }
            }
            return
        }
        guard let expiresAt = accepted.expiresAt else { return }
        let left = expiresAt - now()
        guard left > .zero else { return end(.expired) }
        // A duration may be longer than an event loop can wait.
        let wait = left < .seconds(3600) ? TimeAmount(left) : Self.longestWait
        timer = eventLoop.assumeIsolated().scheduleTask(in: wait) { [weak self] in
            self?.watch(on: eventLoop, end)
        }
    }

    /// The client has left.
    func close() {
        timer?.cancel()
        timer = nil
        validation?.cancel()
        validation = nil
        held = HeldRequests()
    }
}
