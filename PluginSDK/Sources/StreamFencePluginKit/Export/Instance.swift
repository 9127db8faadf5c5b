import CStreamFencePlugin

/// What the host holds as an instance: a retained box around a plugin's value.
final class Instance<Value: Sendable>: Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }

    /// A pointer for the host; the box lives until the host destroys it.
    static func retained(_ value: Value) -> UnsafeMutableRawPointer {
        Unmanaged.passRetained(Instance(value)).toOpaque()
    }

    /// The value behind a pointer that ``retained(_:)`` made.
    static func value<Result>(
        of pointer: UnsafeMutableRawPointer?,
        _ body: (Value) throws -> Result
    ) rethrows -> Result {
        try Unmanaged<Instance<Value>>.fromOpaque(pointer.unsafelyUnwrapped)._withUnsafeGuaranteedRef {
            try body($0.value)
        }
    }

    /// The same for a function of the contract that says whether it succeeded.
    static func perform(
        _ pointer: UnsafeMutableRawPointer?,
        _ failure: UnsafeMutablePointer<sf_error>?,
        _ call: (Value) throws -> Void
    ) -> Int32 {
        do {
            try value(of: pointer, call)
            return Int32(SF_SUCCESS)
        } catch {
            failure.report(error)
            return Int32(SF_FAILURE)
        }
    }
}

/// Memory that lives as long as the process: what a plugin describes itself with.
package func permanent<Value>(_ values: [Value]) -> UnsafeMutablePointer<Value> {
    let pointer = UnsafeMutablePointer<Value>.allocate(capacity: max(values.count, 1))
    pointer.initialize(from: values, count: values.count)
    return pointer
}

/// A terminated copy of a text that lives as long as the process.
package func permanentText(_ text: String) -> UnsafePointer<CChar> {
    UnsafePointer(permanent(Array(text.utf8CString)))
}
