import StreamFencePluginKit
import Synchronization

/// `webhook`: asks a service over HTTP whether a token is good.
///
/// 1. What the service has answered is kept for as long as the service says, and no longer than the options allow.
/// 2. Who asks the same while the service is being asked waits for that answer.
/// 3. The service sees so many requests at once and no more; so many wait, and the others fail.
/// 4. Whatever is not a clear answer is a failure, and the token is refused.
final class Webhook: TokenValidator {
    private let settings: Settings
    private let service: Service
    private let places: Places
    private let calls = SharedCalls<Question.Digest, TokenDecision>()
    private let answers: Mutex<AnswerCache>
    /// The time since 1970 UTC.
    private let now: @Sendable () -> Duration

    init(_ settings: Settings, now: @escaping @Sendable () -> Duration) throws {
        self.settings = settings
        self.now = now
        service = try Service(settings, now: now)
        places = Places(settings.maxConcurrent, waiting: settings.maxWaiting)
        answers = Mutex(AnswerCache(settings.cache))
    }

    func validate(_ request: TokenRequest) async throws -> TokenDecision {
        let question = try Question(request, tellsAddress: settings.sendAddress)
        let key = question.digest
        if let known = known(key) { return known }
        return try await calls.value(for: key) {
            // It may have become known since.
            if let known = self.known(key) { return known }
            return try await self.ask(question, key)
        }
    }

    private func known(_ key: Question.Digest) -> TokenDecision? {
        answers.withLock { $0.decision(key, at: now()) }
    }

    private func ask(_ question: Question, _ key: Question.Digest) async throws -> TokenDecision {
        let answer = try await limited(to: settings.timeout) {
            try await self.places.take()
            defer { self.places.giveBack() }
            return try await self.service.answer(question)
        }
        if case .accept(question.token, _, _) = answer.decision {
            throw Failure("expected the service to name who the token belongs to, found the token itself")
        }
        let presentable = answer.without(question.token)
        answers.withLock { $0.keep(presentable, key, at: now()) }
        return presentable.decision
    }
}

/// Why nothing could be found out about a token. Says nothing of the token.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Runs `body`, and cancels it when it takes longer than `time`.
private func limited<Value: Sendable>(
    to time: Duration,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        defer { group.cancelAll() }
        group.addTask(operation: body)
        group.addTask {
            try await Task.sleep(for: time)
            let limit = Int(time / .milliseconds(1))
            throw Failure("expected an answer of the service within \(limit) milliseconds (timeoutMs), found none")
        }
        guard let first = try await group.next() else { throw CancellationError() }
        return first
    }
}
