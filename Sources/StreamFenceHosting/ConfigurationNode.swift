/// A value of the file, whichever format it was written in, and the line it stands on.
struct ConfigurationNode: Equatable {
    enum Content: Equatable {
        case scalar(Scalar)
        case list([ConfigurationNode])
        /// In the order of the file; a repeated key is there twice, for the decoder to report.
        case section([Entry])
    }

    struct Entry: Equatable {
        let key: String
        let line: Int
        let value: ConfigurationNode
    }

    struct Scalar: Equatable {
        enum Form: Equatable {
            /// Unquoted YAML: what it means depends on what its key expects.
            case plain
            /// Always text.
            case quoted
            /// A number, `true`, `false` or `null` of JSON: never text.
            case literal
        }

        var text: String
        var form: Form
        /// Whether a `${VAR}` in it makes it plain: JSON has no other way to take a number from the environment.
        var plainWhenReplaced = false
        /// Whether a variable's value is in it.
        var isReplaced = false
    }

    let line: Int
    let content: Content
    /// How many values it holds with itself, aliases counted as often as they are used.
    let size: Int
    /// 1 for a scalar or an empty collection.
    let depth: Int

    /// More would be a mistake or an attack: nine nested aliases of nine each are 400 million values.
    static let largestSize = 100_000
    static let deepest = 64

    static func tooDeep(_ line: Int) -> SyntaxProblem {
        SyntaxProblem(line: line, message: "expected at most \(deepest) levels of nesting, found more")
    }

    init(line: Int, scalar: Scalar) {
        self.line = line
        self.content = .scalar(scalar)
        self.size = 1
        self.depth = 1
    }

    init(line: Int, list: [ConfigurationNode]) throws(SyntaxProblem) {
        (size, depth) = try Self.measure(list, line)
        self.line = line
        self.content = .list(list)
    }

    init(line: Int, section: [Entry]) throws(SyntaxProblem) {
        (size, depth) = try Self.measure(section.map(\.value), line)
        self.line = line
        self.content = .section(section)
    }

    /// Every child is within the limits, so the sum is checked before it can grow out of hand.
    private static func measure(_ children: [ConfigurationNode], _ line: Int) throws(SyntaxProblem) -> (Int, Int) {
        var size = 1
        var depth = 1
        for child in children {
            size += child.size
            depth = max(depth, child.depth + 1)
            guard size <= largestSize else {
                throw SyntaxProblem(line: line, message: "expected at most \(largestSize) values, found more")
            }
            guard depth <= deepest else { throw tooDeep(line) }
        }
        return (size, depth)
    }
}
