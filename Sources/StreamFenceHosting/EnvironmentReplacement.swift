/// What became of a text in which `${VAR}` and `${VAR:-default}` were replaced.
struct ReplacedText: Equatable {
    let text: String
    /// Whether a variable stood in it; `$${` alone doesn't count.
    let hadVariable: Bool
}

/// One thing that is wrong with the variables of a text.
struct ReplacementProblem: Error, Equatable {
    let message: String
}

/// Replaces `${VAR}` and `${VAR:-default}`; `$${` stands for `${` itself. A replaced value is not looked at again, so what the
/// environment holds can't name further variables.
///
/// As in a shell, the default also serves where the variable is set and empty.
func replaceVariables(
    in text: String,
    from environment: [String: String]
) throws(ReplacementProblem) -> ReplacedText {
    var result = ""
    var hadVariable = false
    var rest = text.unicodeScalars[...]
    while let dollar = rest.firstIndex(of: "$") {
        result.unicodeScalars += rest[..<dollar]
        rest = rest[dollar...]
        if rest.starts(with: "$${".unicodeScalars) {
            result += "${"
            rest = rest.dropFirst(3)
        } else if rest.starts(with: "${".unicodeScalars) {
            hadVariable = true
            guard let end = rest.firstIndex(of: "}") else {
                throw ReplacementProblem(message: "expected a } that closes ${; write $${ for a literal ${")
            }
            let inside = rest[rest.index(dollar, offsetBy: 2)..<end]
            result += try value(of: inside, from: environment)
            rest = rest[rest.index(after: end)...]
        } else {
            result += "$"
            rest = rest.dropFirst()
        }
    }
    result.unicodeScalars += rest
    return ReplacedText(text: result, hadVariable: hadVariable)
}

private func value(
    of inside: Substring.UnicodeScalarView,
    from environment: [String: String]
) throws(ReplacementProblem) -> String {
    let nameEnd = inside.firstIndex { !isNameCharacter($0) } ?? inside.endIndex
    let name = String(inside[..<nameEnd])
    let tail = inside[nameEnd...]
    guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
        tail.isEmpty || tail.starts(with: ":-".unicodeScalars)
    else {
        throw ReplacementProblem(
            message:
                "expected ${NAME} or ${NAME:-default}, found \(quoted("${\(String(inside))}")); write $${ for a literal ${"
        )
    }
    let value = environment[name]
    guard !tail.isEmpty else {
        guard let value else {
            throw ReplacementProblem(
                message: "the environment variable \(name) is not set; ${\(name):-…} gives a default"
            )
        }
        return value
    }
    let fallback = String(tail.dropFirst(2))
    guard !fallback.contains("${") else {
        throw ReplacementProblem(message: "the default of \(name) can't hold another variable")
    }
    guard let value, !value.isEmpty else { return fallback }
    return value
}

private func isNameCharacter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_": true
    default: false
    }
}
