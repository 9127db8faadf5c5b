import CStreamFencePlugin
import Synchronization

extension sf_token_validator {
    /// Calls the validator behind an instance, each time in a task of its own.
    static var exported: sf_token_validator {
        sf_token_validator(
            size: UInt32(MemoryLayout<sf_token_validator>.size),
            validate: { instance, request, call, answer in
                guard let request, let answer else { return }
                let copy = TokenRequest(request.pointee)
                Instance<ExportedValidator>.value(of: instance) {
                    $0.validate(copy, TokenCall(number: call, answer: answer))
                }
            },
            cancel: { instance, call in
                Instance<ExportedValidator>.value(of: instance) { $0.cancel(call) }
            }
        )
    }
}

/// A call that the host waits for.
///
/// Unchecked: the contract lets the host's function be called from any thread.
struct TokenCall: @unchecked Sendable {
    let number: UInt64
    let answer: @convention(c) (UInt64, UnsafePointer<sf_token_decision>?) -> Void

    func send(_ decision: UnsafePointer<sf_token_decision>) {
        answer(number, decision)
    }
}

/// A validator with the calls that are going on.
final class ExportedValidator: Sendable {
    private let validator: any TokenValidator
    private let tasks = Mutex<[UInt64: Task<Void, Never>]>([:])

    init(_ validator: any TokenValidator) {
        self.validator = validator
    }

    func validate(_ request: TokenRequest, _ call: TokenCall) {
        // Under the lock, so that a task that ends at once finds itself there.
        tasks.withLock { tasks in
            tasks[call.number] = Task(executorPreference: ThreadPoolExecutor.shared) {
                do {
                    let decision = try await self.validator.validate(request)
                    self.forget(call.number)
                    decision.export(call.send)
                } catch {
                    self.forget(call.number)
                    sf_token_decision.failed("\(error)", call.send)
                }
            }
        }
    }

    func cancel(_ call: UInt64) {
        tasks.withLock { $0.removeValue(forKey: call) }?.cancel()
    }

    private func forget(_ call: UInt64) {
        tasks.withLock { _ = $0.removeValue(forKey: call) }
    }
}

extension TokenRequest {
    fileprivate init(_ request: sf_token_request) {
        self.init(
            token: request.token.text,
            namespace: request.namespace_path.text,
            topic: request.topic.length == 0 ? nil : request.topic.text,
            action: Action(code: request.action),
            remoteAddress: request.remote_address.text
        )
    }
}

extension TokenRequest.Action {
    package var code: UInt32 {
        switch self {
        case .connect: UInt32(SF_ACTION_CONNECT)
        case .subscribe: UInt32(SF_ACTION_SUBSCRIBE)
        case .publish: UInt32(SF_ACTION_PUBLISH)
        }
    }

    fileprivate init(code: UInt32) {
        switch Int(code) {
        case Int(SF_ACTION_SUBSCRIBE): self = .subscribe
        case Int(SF_ACTION_PUBLISH): self = .publish
        default: self = .connect
        }
    }
}

extension TokenDecision {
    /// Calls `body` with the decision as the contract has it, valid during the call.
    fileprivate func export(_ body: (UnsafePointer<sf_token_decision>) -> Void) {
        switch self {
        case .reject(let reason):
            sf_token_decision.refused(SF_TOKEN_REJECTED, reason, body)
        case .accept(let principal, let expiresAt, let grants):
            var decision = sf_token_decision.empty
            decision.verdict = UInt32(SF_TOKEN_ACCEPTED)
            // 0 would say that it never expires.
            decision.expires_at = expiresAt.map { $0.millisecondsSinceEpoch == 0 ? -1 : $0.millisecondsSinceEpoch } ?? 0
            sf_slice.with(principal) { principal in
                decision.principal = principal
                guard let grants else { return body(&decision) }
                sf_grant.with(grants) { grants in
                    decision.grants = grants.baseAddress
                    decision.grant_count = grants.count - 1
                    body(&decision)
                }
            }
        }
    }
}

extension sf_token_decision {
    fileprivate static var empty: sf_token_decision {
        var decision = sf_token_decision()
        decision.size = UInt32(MemoryLayout<sf_token_decision>.size)
        return decision
    }

    fileprivate static func failed(_ reason: String, _ body: (UnsafePointer<sf_token_decision>) -> Void) {
        refused(SF_TOKEN_FAILED, reason, body)
    }

    fileprivate static func refused<Verdict: BinaryInteger>(
        _ verdict: Verdict,
        _ reason: String,
        _ body: (UnsafePointer<sf_token_decision>) -> Void
    ) {
        var decision = empty
        decision.verdict = UInt32(verdict)
        sf_slice.with(reason) {
            decision.reason = $0
            body(&decision)
        }
    }
}

extension sf_grant {
    /// Calls `body` with the grants, valid during the call, and one more item, so that there is a pointer for no grants too.
    fileprivate static func with(_ grants: [TokenGrant], _ body: (UnsafeBufferPointer<sf_grant>) -> Void) {
        // All topics behind each other in one piece of memory.
        let names = grants.map { Array($0.topic.utf8) }
        let text = names.flatMap { $0 }
        text.withUnsafeBytes { text in
            var items: [sf_grant] = []
            var start = 0
            for (grant, name) in zip(grants, names) {
                let slice = sf_slice(UnsafeRawBufferPointer(rebasing: text[start..<start + name.count]))
                items.append(
                    sf_grant(size: itemSize, actions: grant.actions.reduce(0) { $0 | 1 << $1.code }, topic: slice)
                )
                start += name.count
            }
            items.append(sf_grant(size: itemSize, actions: 0, topic: .empty))
            items.withUnsafeBufferPointer(body)
        }
    }

    private static var itemSize: UInt32 { UInt32(MemoryLayout<sf_grant>.stride) }
}

extension Duration {
    /// As whole milliseconds, those of a second cut off; the nearest there is where they are too many.
    package var millisecondsSinceEpoch: Int64 {
        let (seconds, attoseconds) = components
        let (milliseconds, isTooMany) = seconds.multipliedReportingOverflow(by: 1000)
        let (whole, isOneTooMany) = milliseconds.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return isTooMany || isOneTooMany ? (seconds < 0 ? .min : .max) : whole
    }
}
