import DequeModule
import NIOCore
import Synchronization

/// Counts refused tokens by the address they came from, so that nobody can try any number of them.
///
/// A window begins with an address's first refusal; who has used it up waits for its end. A bounded number of addresses is
/// known: where there are more, the oldest window ends early. May be used from any thread.
final class RejectionLimiter: Sendable {
    fileprivate struct Window {
        let end: NIODeadline
        var rejections: Int
    }

    fileprivate struct State {
        var windows: [AddressBlock: Window] = [:]
        /// The addresses of ``windows``, the oldest first: all windows are equally long.
        var addresses: Deque<AddressBlock> = []
    }

    private let maxPerWindow: Int
    private let window: TimeAmount
    private let maxAddresses: Int
    private let now: @Sendable () -> NIODeadline
    private let state = Mutex(State())

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
    }

    /// Whether tokens of this address are looked at.
    func admits(_ address: String) -> Bool {
        let time = now()
        let address = AddressBlock(address)
        return state.withLock { state in
            state.forget(endedBy: time)
            return state.windows[address].map { $0.rejections < maxPerWindow } ?? true
        }
    }

    func countRejection(of address: String) {
        let time = now()
        let address = AddressBlock(address)
        state.withLock { state in
            state.forget(endedBy: time)
            if let window = state.windows[address] {
                state.windows[address]?.rejections = min(window.rejections + 1, maxPerWindow)
                return
            }
            if state.windows.count >= maxAddresses { state.forgetOldest() }
            state.windows[address] = Window(end: time + window, rejections: 1)
            state.addresses.append(address)
        }
    }

    /// How many addresses are known.
    var addressCount: Int { state.withLock { $0.windows.count } }
}

extension RejectionLimiter.State {
    mutating func forget(endedBy time: NIODeadline) {
        while let oldest = addresses.first, let window = windows[oldest], window.end <= time { forgetOldest() }
    }

    mutating func forgetOldest() {
        guard let oldest = addresses.popFirst() else { return }
        windows[oldest] = nil
    }
}
