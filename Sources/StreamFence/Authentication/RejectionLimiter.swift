import NIOCore
import StreamFenceEngineIO
import Synchronization

/// Counts refused tokens by the address they came from, over a sliding window, so that nobody can try any number of them.
///
/// The count is an estimate, of two windows: the one that fills, and as much of the one before as the sliding one still covers,
/// as if that had been filled evenly. Whoever has used up the first waits for the second, and none has twice as many in any
/// time of that length. A bounded number of addresses is known: where there are more, the window that fills ends early. May be used from any
/// thread.
final class RejectionLimiter: Sendable {
    private struct State {
        var start: NIODeadline
        var current: [AddressBlock: Int] = [:]
        var previous: [AddressBlock: Int] = [:]
    }

    private let maxPerWindow: Int
    private let window: TimeAmount
    private let maxAddresses: Int
    private let now: @Sendable () -> NIODeadline
    private let state: Mutex<State>

    /// - Parameters:
    ///   - maxPerWindow: how many refusals an address has.
    ///   - maxAddresses: how many addresses are known at once, default 10,000.
    ///   - now: a clock that only goes forward.
    init(
        maxPerWindow: Int,
        window: TimeAmount,
        maxAddresses: Int = 10_000,
        now: @escaping @Sendable () -> NIODeadline = { NIODeadline.now() }
    ) {
        self.maxPerWindow = maxPerWindow
        self.window = window
        self.maxAddresses = maxAddresses
        self.now = now
        state = Mutex(State(start: now()))
    }

    /// Whether tokens of this address are looked at.
    func admits(_ address: String) -> Bool {
        let time = now()
        let address = AddressBlock(address)
        return state.withLock { state in
            advance(&state, to: time)
            let elapsed = Double((time - state.start).nanoseconds) / Double(window.nanoseconds)
            let before = Double(state.previous[address] ?? 0) * (1 - elapsed)
            return before + Double(state.current[address] ?? 0) + 1 <= Double(maxPerWindow)
        }
    }

    func countRejection(of address: String) {
        let time = now()
        let address = AddressBlock(address)
        state.withLock { state in
            advance(&state, to: time)
            let count = state.current[address]
            if count == nil, state.current.count >= max(1, maxAddresses / 2) { begin(&state, at: time) }
            // Those beyond the limit, of tokens that were being looked at, don't make it longer.
            state.current[address] = min((count ?? 0) + 1, maxPerWindow)
        }
    }

    /// How many addresses are known.
    var addressCount: Int { state.withLock { Set($0.current.keys).union($0.previous.keys).count } }

    private func advance(_ state: inout State, to time: NIODeadline) {
        guard time - state.start >= window else { return }
        let end = state.start + window
        begin(&state, at: end)
        // Nothing has happened for longer than that.
        if time - end >= window { begin(&state, at: time) }
    }

    /// Begins a new window.
    private func begin(_ state: inout State, at time: NIODeadline) {
        state.previous = state.current
        state.current = [:]
        state.start = time
    }
}
