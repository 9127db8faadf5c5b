/// The way to a value in a JSON document (RFC 6901), such as `/level` or `/headers/0/priority`.
struct JSONPointer: Sendable {
    /// The names and indices on the way, as UTF-8.
    let tokens: [[UInt8]]

    init(tokens: [[UInt8]]) {
        self.tokens = tokens
    }

    /// Nil if it is not one: it is empty, which means the whole document, or starts with a `/`, and a `~` is followed by 0 or 1.
    init?(_ text: String) {
        guard text.isEmpty || text.utf8.first == UInt8(ascii: "/") else { return nil }
        var tokens: [[UInt8]] = []
        var escaped = false
        for byte in text.utf8 {
            switch (byte, escaped) {
            case (UInt8(ascii: "0"), true):
                tokens[tokens.count - 1].append(UInt8(ascii: "~"))
                escaped = false
            case (UInt8(ascii: "1"), true):
                tokens[tokens.count - 1].append(UInt8(ascii: "/"))
                escaped = false
            case (_, true): return nil
            case (UInt8(ascii: "/"), false): tokens.append([])
            case (UInt8(ascii: "~"), false): escaped = true
            default: tokens[tokens.count - 1].append(byte)
            }
        }
        guard !escaped else { return nil }
        self.tokens = tokens
    }
}
