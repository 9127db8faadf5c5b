import Yams

/// YAML text -> nodes.
///
/// Yams builds the tree and this type works around three things it would do on the way:
/// 1. It expands aliases while parsing and hashes what it expanded, which nested aliases can make take forever. So each `*` is
///    written as a stand-in character first, aliases arrive as plain scalars, and are looked up here, under the limits of a node.
/// 2. It stops at a repeated key without its line. So the first occurrence gets a prefix, the text is read again, and the
///    decoder reports both with everything else.
/// 3. It types scalars by YAML 1.1 (`no` is false). `Resolver.basic` leaves them text; the key decides.
struct YAMLReader {
    /// For private use, at the far end of Unicode, where nobody meets them; a text that holds them is refused.
    private static let star: Unicode.Scalar = "\u{10FF00}"
    private static let repeatedKey: Unicode.Scalar = "\u{10FF01}"
    /// How many repeated keys are looked for before giving up on further ones.
    private static let mostRepeatedKeys = 20

    private var anchors: [String: ConfigurationNode] = [:]

    static func read(_ text: String) throws(SyntaxProblem) -> ConfigurationNode {
        let lowered = text.lowercased()
        guard !["\u{10FF00}", "\u{10FF01}", "\\u0010ff0"].contains(where: { lowered.contains($0) }) else {
            throw SyntaxProblem(line: nil, message: "expected text, found a private-use character U+10FF00 to U+10FF0F")
        }
        var scalars = text.unicodeScalars.map { $0 == "*" ? star : $0 }
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        for attempt in 1...mostRepeatedKeys {
            do {
                return try compose(String(String.UnicodeScalarView(scalars)))
            } catch let problem as SyntaxProblem {
                throw problem
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                guard attempt < mostRepeatedKeys,
                    let start = offset(line: context.mark.line, column: context.mark.column, in: scalars)
                else {
                    let names = keys.map { Self.text(of: $0) }.joined(separator: ", ")
                    throw SyntaxProblem(line: context.mark.line, message: "duplicate keys: \(names)")
                }
                // As many as there were attempts: a key that is there three times needs two different prefixes.
                scalars.insert(contentsOf: Array(repeating: repeatedKey, count: attempt), at: start)
            } catch {
                throw explain(error, scalars)
            }
        }
        throw SyntaxProblem(line: nil, message: "duplicate keys")
    }

    private static func compose(_ yaml: String) throws -> ConfigurationNode {
        // Not `Yams.compose`: nodes hold their anchors weakly and the parser owns them.
        let parser = try Parser(yaml: yaml, resolver: .basic, encoding: .utf8)
        return try withExtendedLifetime(parser) {
            guard let root = try parser.singleRoot() else {
                throw SyntaxProblem(line: nil, message: "expected a configuration, found an empty file")
            }
            var reader = YAMLReader()
            return try reader.node(root, depth: 1)
        }
    }

    // MARK: - Nodes

    private mutating func node(_ node: Node, depth: Int) throws(SyntaxProblem) -> ConfigurationNode {
        let line = node.mark?.line ?? 1
        guard depth <= ConfigurationNode.deepest else { throw ConfigurationNode.tooDeep(line) }
        let result: ConfigurationNode
        switch node {
        case .scalar(let scalar):
            try refuseTag(scalar.tag, allowed: [.implicit, .str], line)
            result = try self.scalar(scalar, line)
        case .sequence(let sequence):
            try refuseTag(sequence.tag, allowed: [.implicit, .seq], line)
            var items: [ConfigurationNode] = []
            for item in sequence { items.append(try self.node(item, depth: depth + 1)) }
            result = try ConfigurationNode(line: line, list: items)
        case .mapping(let mapping):
            try refuseTag(mapping.tag, allowed: [.implicit, .map], line)
            result = try ConfigurationNode(line: line, section: entries(mapping, depth: depth))
        case .alias:
            throw SyntaxProblem(line: line, message: "found an alias where none was expected")
        }
        if let anchor = node.anchor { anchors[anchor.rawValue] = result }
        return result
    }

    private func scalar(_ scalar: Node.Scalar, _ line: Int) throws(SyntaxProblem) -> ConfigurationNode {
        let isPlain = scalar.style == .plain || scalar.style == .any
        let text = Self.text(of: scalar.string)
        guard isPlain, scalar.string.unicodeScalars.first == Self.star else {
            // An explicit !!str makes a plain scalar text.
            let form: ConfigurationNode.Scalar.Form =
                isPlain && scalar.tag.rawValue == Tag.Name.implicit.rawValue ? .plain : .quoted
            return ConfigurationNode(line: line, scalar: .init(text: text, form: form))
        }
        let name = text.dropFirst()
        guard !name.isEmpty, name.utf8.allSatisfy(isAnchorCharacter) else {
            throw SyntaxProblem(line: line, message: "a value that starts with * has to be quoted: \"\(text)\"")
        }
        guard let target = anchors[String(name)] else {
            throw SyntaxProblem(line: line, message: "unknown alias \(text); no &\(name) stands before it")
        }
        return target
    }

    /// libyaml's rule: letters, digits, `_` and `-`.
    private func isAnchorCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default:
            false
        }
    }

    private func refuseTag(_ tag: Tag, allowed: [Tag.Name], _ line: Int) throws(SyntaxProblem) {
        guard !allowed.map(\.rawValue).contains(tag.rawValue) else { return }
        let name = Self.text(of: tag.rawValue).replacing("tag:yaml.org,2002:", with: "!!")
        throw SyntaxProblem(line: line, message: "the tag \(name) is not supported here")
    }

    // MARK: - Sections

    private mutating func entries(
        _ mapping: Node.Mapping,
        depth: Int
    ) throws(SyntaxProblem) -> [ConfigurationNode.Entry] {
        var entries: [ConfigurationNode.Entry] = []
        var merged: [ConfigurationNode] = []
        for (key, value) in mapping {
            let line = key.mark?.line ?? 1
            guard case .scalar(let name) = key else {
                throw SyntaxProblem(line: line, message: "expected a name as the key, found a list or a section")
            }
            guard name.style != .plain || name.string.unicodeScalars.first != Self.star else {
                throw SyntaxProblem(line: line, message: "expected a name as the key, found an alias")
            }
            let converted = try node(value, depth: depth + 1)
            if name.style == .plain, Self.text(of: name.string) == "<<" {
                merged += try mergeSources(converted, line)
            } else {
                entries.append(.init(key: Self.text(of: name.string), line: line, value: converted))
            }
        }
        return Self.merge(merged, into: entries)
    }

    /// `<<: *one` or `<<: [*one, *two]`.
    private func mergeSources(_ node: ConfigurationNode, _ line: Int) throws(SyntaxProblem) -> [ConfigurationNode] {
        var sources = [node]
        if case .list(let items) = node.content { sources = items }
        for source in sources {
            guard case .section = source.content else {
                throw SyntaxProblem(line: line, message: "<< expects an alias of a section, or a list of them")
            }
        }
        return sources
    }

    /// The mapping's own keys win, then the sources in their order.
    private static func merge(
        _ sources: [ConfigurationNode],
        into own: [ConfigurationNode.Entry]
    ) -> [ConfigurationNode.Entry] {
        var entries = own
        var known = Set(own.map(\.key))
        for source in sources {
            guard case .section(let inherited) = source.content else { continue }
            let fresh = inherited.filter { !known.contains($0.key) }
            entries += fresh
            known.formUnion(fresh.map(\.key))
        }
        return entries
    }

    // MARK: - Stand-ins and errors

    /// What the file said, without this reader's stand-ins.
    private static func text(of scalar: String) -> String {
        var view = String.UnicodeScalarView()
        for character in scalar.unicodeScalars where character != repeatedKey {
            view.append(character == star ? "*" : character)
        }
        return String(view)
    }

    /// Where the key at a mark begins; inside its quotes if it has any.
    private static func offset(line wanted: Int, column: Int, in scalars: [Unicode.Scalar]) -> Int? {
        var line = 1
        var index = 0
        while line < wanted, index < scalars.count {
            if isBreak(at: index, in: scalars) { line += 1 }
            index += 1
        }
        index += column - 1
        guard scalars.indices.contains(index) else { return nil }
        return scalars[index] == "\"" || scalars[index] == "'" ? index + 1 : index
    }

    /// libyaml's line breaks; a CR LF counts once, at its LF.
    private static func isBreak(at index: Int, in scalars: [Unicode.Scalar]) -> Bool {
        switch scalars[index] {
        case "\n", "\u{85}", "\u{2028}", "\u{2029}": true
        case "\r": index + 1 == scalars.count || scalars[index + 1] != "\n"
        default: false
        }
    }

    private static func explain(_ error: any Error, _ scalars: [Unicode.Scalar]) -> SyntaxProblem {
        switch error {
        case YamlError.composer(_, _, let mark, _):
            return SyntaxProblem(line: mark.line, message: "expected one document, found another after ---")
        case YamlError.parser(_, let problem, let mark, _) where problem.hasPrefix("Maximum nesting level"):
            // libyaml's own limit, 1000, which keeps Yams' recursion within the stack.
            return ConfigurationNode.tooDeep(mark.line)
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _):
            let hint = isIndentedByTab(mark.line, scalars) ? "; YAML is indented by spaces, not tabs" : ""
            let details = [context.map { text(of: $0.text) }, problem].compactMap { $0 }.joined(separator: ", ")
            return SyntaxProblem(line: mark.line, message: "not valid YAML: \(details)\(hint)")
        case YamlError.reader(let problem, let offset, _, let yaml):
            let line = offset.map { yaml.prefix($0).count(where: \.isNewline) + 1 }
            return SyntaxProblem(line: line, message: "not valid YAML: \(problem)")
        default:
            return SyntaxProblem(line: nil, message: "not valid YAML")
        }
    }

    private static func isIndentedByTab(_ line: Int, _ scalars: [Unicode.Scalar]) -> Bool {
        guard let start = offset(line: line, column: 1, in: scalars) else { return false }
        return scalars[start...].prefix { $0 == " " || $0 == "\t" }.contains("\t")
    }
}
