/// Checks that one subscriber gets each message once and in order.
///
/// What it hears first sets where it begins: a subscription takes effect while messages are already on their way.
struct SequenceCheck {
    /// The sequence number to come next; nil until the first message.
    private(set) var next: Int?
    /// How many messages were skipped.
    private(set) var gaps = 0
    /// How many messages came again, or after a later one.
    private(set) var duplicates = 0

    /// Takes note of a message; returns the sequence numbers it settles: its own and those it skipped, none if it is a
    /// duplicate.
    mutating func received(_ sequence: Int) -> Range<Int> {
        let expected = next ?? sequence
        guard sequence >= expected else {
            duplicates += 1
            return expected..<expected
        }
        gaps += sequence - expected
        next = sequence + 1
        return expected..<(sequence + 1)
    }
}
