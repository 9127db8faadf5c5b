import CStreamFencePlugin
import StreamFencePluginKit

/// A loaded plugin's token validator.
///
/// Has no time-out: who waits for the answer has one, and cancels its task.
final class BridgedTokenValidator: TokenValidator {
    private let instance: PluginInstance

    init(_ instance: PluginInstance) {
        self.instance = instance
    }

    func validate(_ request: TokenRequest) async throws -> TokenDecision {
        let call = TokenCall(instance)
        return try await instance.component.metrics.measure {
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    call.wait(continuation)
                    // Its cancellation found nothing to cancel if it came before.
                    if Task.isCancelled { call.cancel() }
                    if !instance.component.threads.submit({ call.run(request) }) { call.refuse() }
                }
            } onCancel: {
                call.cancel()
            }
        }
    }
}

extension TokenDecision {
    /// More would be a mistake: each is copied and searched.
    private static var mostGrants: Int { 10_000 }

    /// Copies a plugin's answer.
    ///
    /// - Throws: what the plugin says went wrong, or what of its answer breaks the contract.
    init(_ answer: UnsafePointer<sf_token_decision>?, of instance: PluginInstance) throws {
        func wrong(expected: String, found: String) -> PluginCallError {
            instance.refuse("validate", expected: expected, found: found)
        }
        guard let answer else { throw wrong(expected: "a decision", found: "a null pointer") }
        let size = Int(answer.pointee.size)
        guard size >= MemoryLayout<sf_token_decision>.size else {
            throw wrong(expected: "a decision of \(MemoryLayout<sf_token_decision>.size) bytes", found: "\(size)")
        }
        let decision = answer.pointee
        switch Int(decision.verdict) {
        case Int(SF_TOKEN_REJECTED):
            self = .reject(reason: decision.reason.text)
        case Int(SF_TOKEN_FAILED):
            instance.component.metrics.countError()
            throw instance.component.error("validate", decision.reason.text)
        case Int(SF_TOKEN_ACCEPTED):
            guard decision.principal.buffer.count > 0 else {
                throw wrong(expected: "a principal", found: "an empty one")
            }
            guard decision.grant_count <= Self.mostGrants else {
                throw wrong(expected: "at most \(Self.mostGrants) grants", found: "\(decision.grant_count)")
            }
            self = .accept(
                principal: decision.principal.text,
                expiresAt: decision.expires_at == 0 ? nil : .milliseconds(decision.expires_at),
                grants: try Self.grants(decision, wrong)
            )
        case let verdict:
            throw wrong(expected: "a verdict of 0 to \(SF_TOKEN_FAILED)", found: "\(verdict)")
        }
    }

    /// Nil for everything.
    private static func grants(
        _ decision: sf_token_decision,
        _ wrong: (_ expected: String, _ found: String) -> PluginCallError
    ) throws -> [TokenGrant]? {
        guard let first = decision.grants else {
            guard decision.grant_count == 0 else { throw wrong("a list of grants", "a null pointer") }
            return nil
        }
        guard decision.grant_count > 0 else { return [] }
        let distance = Int(first.pointee.size)
        guard distance >= MemoryLayout<sf_grant>.size else {
            throw wrong("grants of \(MemoryLayout<sf_grant>.size) bytes", "\(distance)")
        }
        return try (0..<decision.grant_count).map { index in
            let grant = UnsafeRawPointer(first).loadUnaligned(fromByteOffset: index * distance, as: sf_grant.self)
            let known: [TokenRequest.Action] = [.connect, .subscribe, .publish]
            let actions = known.filter { grant.actions & 1 << $0.code != 0 }
            guard grant.actions == actions.reduce(0, { $0 | 1 << $1.code }) else {
                throw wrong("actions of a grant that are known", "0x\(String(grant.actions, radix: 16))")
            }
            return TokenGrant(topic: grant.topic.text, actions: Set(actions))
        }
    }
}
