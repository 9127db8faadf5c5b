/// The candidate that a person most likely meant, or `nil` where none is close. Case, `-` and `_` don't count.
package func nearest(to word: String, in candidates: [String]) -> String? {
    nearest(to: word, in: candidates, name: { $0 })
}

/// The same for candidates that are more than their name.
package func nearest<Candidate>(
    to word: String,
    in candidates: [Candidate],
    name: (Candidate) -> String
) -> Candidate? {
    func folded(_ text: String) -> [Unicode.Scalar] {
        text.lowercased().unicodeScalars.filter { $0 != "-" && $0 != "_" }
    }
    let wanted = folded(word)
    // A third of the word may be wrong, so that a short word is not "corrected" into an unrelated one.
    let tolerance = min(3, wanted.count / 3)
    guard wanted.count <= 64 else { return nil }
    var best: (candidate: Candidate, distance: Int)?
    for candidate in candidates {
        let distance = editDistance(wanted, folded(name(candidate)))
        if distance <= tolerance, distance < best?.distance ?? .max {
            best = (candidate, distance)
        }
    }
    return best?.candidate
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
private func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, from) in left.enumerated() {
        var current = [row + 1]
        for (column, to) in right.enumerated() {
            var cost = min(current[column] + 1, last[column + 1] + 1, last[column] + (from == to ? 0 : 1))
            if row > 0, column > 0, from == right[column - 1], left[row - 1] == to {
                cost = min(cost, beforeLast[column - 1] + 1)
            }
            current.append(cost)
        }
        (beforeLast, last) = (last, current)
    }
    return last[right.count]
}
