import CStreamFencePlugin
import CStreamFenceShim
import StreamFencePluginKit
import Synchronization

/// One token that a plugin decides on.
///
/// Whoever takes it out of ``TokenCalls`` resumes the one that waits: the answer, the failure of the call, or the
/// cancellation. So all of them may come at any time, in any order and twice.
final class TokenCall: Sendable {
    let number: UInt64
    let instance: PluginInstance

    private enum Progress {
        /// The plugin does not know of it.
        case waiting
        /// Its `validate` runs; nobody may wait any more.
        case calling(isCancelled: Bool)
        /// Its `validate` has returned.
        case called
    }

    private struct State {
        var continuation: CheckedContinuation<TokenDecision, any Error>?
        var progress = Progress.waiting
    }

    private let state = Mutex(State())

    init(_ instance: PluginInstance) {
        self.instance = instance
        number = TokenCalls.nextNumber()
    }

    /// Begins to wait.
    func wait(_ continuation: CheckedContinuation<TokenDecision, any Error>) {
        state.withLock { $0.continuation = continuation }
        TokenCalls.add(self)
    }

    /// Asks the plugin. May block.
    func run(_ request: TokenRequest) {
        let isWanted = state.withLock { state in
            guard state.continuation != nil else { return false }
            state.progress = .calling(isCancelled: false)
            return true
        }
        guard isWanted else { return }
        var failure = sf_error()
        let outcome = request.export { request in
            sf_shim_validate(
                instance.component.callee,
                table,
                instance.pointer,
                request,
                number,
                sf_shim_answer(instance.component.origin.number),
                &failure
            )
        }
        if outcome != SF_SHIM_SUCCEEDED {
            instance.component.metrics.countError()
            // It may have answered before.
            if TokenCalls.remove(number, of: instance.component.origin) != nil {
                finish(.failure(instance.component.error("validate", failure.text)))
            }
        }
        let isCancelled = state.withLock { state in
            defer { state.progress = .called }
            guard case .calling(let isCancelled) = state.progress else { return false }
            return isCancelled
        }
        if isCancelled { tellPlugin() }
    }

    /// The plugin's answer. Any thread.
    func answer(_ decision: UnsafePointer<sf_token_decision>?) {
        finish(Result { try TokenDecision(decision, of: instance) })
    }

    /// Nobody waits any more. Any thread; calls nothing of the plugin itself.
    func cancel() {
        guard TokenCalls.remove(number, of: instance.component.origin) != nil else { return }
        let (continuation, isKnown) = state.withLock { state in
            // In one step: what nobody waits for any more is not begun.
            let continuation = state.continuation
            state.continuation = nil
            switch state.progress {
            case .waiting:
                return (continuation, false)
            case .calling:
                // Not before validate has returned: it may not know the number yet.
                state.progress = .calling(isCancelled: true)
                return (continuation, false)
            case .called:
                return (continuation, true)
            }
        }
        continuation?.resume(throwing: CancellationError())
        if isKnown { instance.component.threads.submit { self.tellPlugin() } }
    }

    /// More wait than the plugin's threads will come to.
    func refuse() {
        guard TokenCalls.remove(number, of: instance.component.origin) != nil else { return }
        instance.component.metrics.countError()
        finish(
            .failure(
                instance.component.error("validate", "not called: \(BlockingThreads.mostWaiting) calls wait for it")
            )
        )
    }

    private func tellPlugin() {
        guard table.pointee.cancel != nil else { return }
        if sf_shim_cancel(instance.component.callee, table, instance.pointer, number, nil) != SF_SHIM_SUCCEEDED {
            instance.component.metrics.countError()
        }
    }

    private var table: UnsafePointer<sf_token_validator> {
        instance.component.table.assumingMemoryBound(to: sf_token_validator.self)
    }

    private func finish(_ result: Result<TokenDecision, any Error>) {
        let continuation = state.withLock { state in
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(with: result)
    }
}

extension TokenRequest {
    /// Calls `body` with the request as the contract has it, valid during the call.
    fileprivate func export(_ body: (UnsafePointer<sf_token_request>) -> Int32) -> Int32 {
        sf_slice.with(token) { token in
            sf_slice.with(namespace) { namespace in
                sf_slice.with(topic ?? "") { topic in
                    sf_slice.with(remoteAddress) { address in
                        var request = sf_token_request(
                            size: UInt32(MemoryLayout<sf_token_request>.size),
                            action: action.code,
                            token: token,
                            namespace_path: namespace,
                            topic: topic,
                            remote_address: address
                        )
                        return body(&request)
                    }
                }
            }
        }
    }
}
