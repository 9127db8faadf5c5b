import Synchronization

/// The calls that wait for a plugin's answer, by their numbers. A plugin answers with a number and nothing else: one that
/// nobody knows does no harm.
enum TokenCalls {
    private static let waiting = Mutex<[UInt64: TokenCall]>([:])
    private static let last = Atomic<UInt64>(0)

    /// No number comes twice, nor is one 0.
    static func nextNumber() -> UInt64 {
        last.wrappingAdd(1, ordering: .relaxed).newValue
    }

    static func add(_ call: TokenCall) {
        waiting.withLock { $0[call.number] = call }
    }

    /// - Parameter origin: whose call it has to be.
    /// - Returns: nil if nobody waits for that any more, or ever did.
    static func remove(_ number: UInt64, of origin: PluginOrigin) -> TokenCall? {
        waiting.withLock { waiting in
            guard waiting[number]?.instance.component.origin === origin else { return nil }
            return waiting.removeValue(forKey: number)
        }
    }
}
