/// The arrays and objects that are open at one point of a document, one bit each.
///
/// A stack of bits rather than recursion, so that depth costs no machine stack; and a 128-bit word rather than an
/// array, so that a document of ordinary depth costs no allocation.
struct JSONNesting {
    /// How many containers are open.
    private(set) var depth = 0
    /// The innermost 128 containers, the innermost in the lowest bit: 1 is an object.
    private var word: UInt128 = 0
    /// Full words that were set aside, outermost first. Empty up to a depth of 128.
    private var saved: [UInt128] = []

    /// Whether the innermost open container is an object. Meaningless at depth 0.
    var isInObject: Bool { word & 1 == 1 }

    mutating func open(object: Bool) {
        if depth > 0, depth % UInt128.bitWidth == 0 {
            saved.append(word)
            word = 0
        }
        word = word << 1 | (object ? 1 : 0)
        depth += 1
    }

    /// Closes the innermost container. Does nothing at depth 0.
    mutating func close() {
        guard depth > 0 else { return }
        depth -= 1
        if depth > 0, depth % UInt128.bitWidth == 0 {
            word = saved.popLast() ?? 0
        } else {
            word >>= 1
        }
    }
}
