import StreamFence
import StreamFencePluginKit

/// Scalars, typed by what their key expects, after the environment's variables were put in.
extension ConfigurationDecoder {
    /// Any scalar but an absent one: in a file, `password: 12345` is text because its key says so, and so is
    /// `password: ${PASSWORD}` whatever the variable holds. Only JSON's own numbers and booleans are refused.
    mutating func text(_ node: ConfigurationNode, at path: String) -> String? {
        guard let scalar = scalar(node, at: path, expected: "text") else { return nil }
        guard scalar.form != .literal, !scalar.isNothing else {
            expected("text", .init(line: node.line, scalar: scalar), at: path)
            return nil
        }
        return scalar.text
    }

    mutating func integer(_ node: ConfigurationNode, at path: String) -> Int? {
        guard let scalar = scalar(node, at: path, expected: "an integer") else { return nil }
        let value = Int(scalar.text)
        if scalar.form != .quoted, let value { return value }
        let wanted = value == nil && scalar.isInteger ? "an integer within 64 bits" : "an integer"
        refuse(scalar, node, at: path, expected: wanted, isOnlyQuoted: value != nil)
        return nil
    }

    mutating func number(_ node: ConfigurationNode, at path: String) -> Double? {
        guard let scalar = scalar(node, at: path, expected: "a number") else { return nil }
        let value = scalar.number
        if scalar.form != .quoted, let value { return value }
        refuse(scalar, node, at: path, expected: "a number", isOnlyQuoted: value != nil)
        return nil
    }

    /// The range is checked here although the rules check it too: beyond it, `Duration`'s own arithmetic could overflow.
    mutating func milliseconds(_ node: ConfigurationNode, at path: String) -> Duration? {
        guard let value = integer(node, at: path) else { return nil }
        guard (0...Int(Int32.max)).contains(value) else {
            report(node.line, path, "expected 0 to \(Int32.max) milliseconds, found \(value)")
            return nil
        }
        return .milliseconds(value)
    }

    mutating func flag(_ node: ConfigurationNode, at path: String) -> Bool? {
        guard let scalar = scalar(node, at: path, expected: "true or false") else { return nil }
        let value = scalar.flag
        if scalar.form != .quoted, let value { return value }
        refuse(scalar, node, at: path, expected: "true or false", isOnlyQuoted: value != nil)
        return nil
    }

    mutating func refuse(
        _ scalar: ConfigurationNode.Scalar,
        _ node: ConfigurationNode,
        at path: String,
        expected wanted: String,
        isOnlyQuoted: Bool
    ) {
        let found = ConfigurationNode(line: node.line, scalar: scalar).found
        report(node.line, path, "expected \(wanted), found \(found)\(isOnlyQuoted ? "; remove the quotes" : "")")
    }

    mutating func choice<Value: CaseIterable & RawRepresentable<String>>(
        _ node: ConfigurationNode,
        at path: String
    ) -> Value? {
        let names = Value.allCases.map(\.rawValue)
        let wanted = "one of \(names.joined(separator: ", "))"
        guard let scalar = scalar(node, at: path, expected: wanted) else { return nil }
        if scalar.form != .literal, let value = Value(rawValue: scalar.text) { return value }
        let found = ConfigurationNode(line: node.line, scalar: scalar).found
        let hint = nearest(to: scalar.text, in: names).map { "; did you mean \($0)?" } ?? ""
        report(node.line, path, "expected \(wanted), found \(found)\(hint)")
        return nil
    }

    /// The scalar with its variables replaced; `nil` where the node is none or a variable is missing, which is then reported.
    mutating func scalar(
        _ node: ConfigurationNode,
        at path: String,
        expected wanted: String
    ) -> ConfigurationNode.Scalar? {
        guard case .scalar(var scalar) = node.content else {
            expected(wanted, node, at: path)
            return nil
        }
        guard scalar.form != .literal else { return scalar }
        do {
            let replaced = try replaceVariables(in: scalar.text, from: environment)
            scalar.text = replaced.text
            scalar.isReplaced = replaced.hadVariable
            if replaced.hadVariable, scalar.plainWhenReplaced { scalar.form = .plain }
            return scalar
        } catch {
            report(node.line, path, error.message)
            return nil
        }
    }
}

extension ConfigurationNode.Scalar {
    /// What a key without a value, `~` and `null` stand for. A variable's value is never that: a password may be "null".
    var isNothing: Bool {
        form != .quoted && !isReplaced && ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What a flag's text says.
    var flag: Bool? {
        switch text {
        // As in YAML 1.2's core schema. JSON's reader takes the small letters only.
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }

    /// What a decimal number's text says; `nil` also where it is too large to be one.
    var number: Double? {
        // `Double` alone would take `nan`, `infinity` and `0x1p4` too.
        guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else { return nil }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    var isInteger: Bool {
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        return !digits.isEmpty && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}

extension ConfigurationNode {
    /// What a message says was found.
    var found: String {
        switch content {
        case .list: "a list"
        case .section: "a section"
        case .scalar(let scalar) where scalar.isNothing: "nothing"
        case .scalar(let scalar) where scalar.form == .literal: shortened(scalar.text)
        case .scalar(let scalar): quoted(scalar.text)
        }
    }
}

/// The text in quotes, as much of it as a message needs.
func quoted(_ text: String) -> String {
    "\"\(shortened(text))\""
}

private func shortened(_ text: String) -> String {
    text.count > 60 ? "\(text.prefix(60))…" : text
}
