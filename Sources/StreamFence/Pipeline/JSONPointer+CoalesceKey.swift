import StreamFenceSocketIO

extension JSONPointer {
    /// The key that a message coalesces by if its publish gives none: what the pointer names in the payload, a string's
    /// text or any other value's JSON as it was sent. The string `"1"` and the number `1` are one key; `1` and `1.0`, which
    /// nobody parses here, are two.
    ///
    /// - Returns: `nil` where the payload holds no such value.
    func coalesceKeyText(in payload: JSONFragment) -> String? {
        guard let value = value(in: payload) else { return nil }
        return value.string ?? value.json
    }
}
