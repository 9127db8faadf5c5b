import StreamFence
import StreamFencePluginKit

/// A plugin's options: any names, and values that are typed by how they are written, as no key says what it expects.
extension ConfigurationDecoder {
    mutating func options(_ node: ConfigurationNode, at path: String) -> [String: PluginOption]? {
        guard let entries = entries(of: node, at: path, expected: "a section") else { return nil }
        var options: [String: PluginOption] = [:]
        for entry in unique(entries, at: path) {
            let place = "\(path).\(entry.key)"
            places.lines[place] = entry.line
            if entry.key.contains("${") {
                report(entry.line, place, "variables are replaced in values, not in names")
            } else {
                options[entry.key] = option(entry.value, at: place)
            }
        }
        return options
    }

    /// Recursive: the reader has limited how deep a node is.
    private mutating func option(_ node: ConfigurationNode, at path: String) -> PluginOption? {
        switch node.content {
        case .scalar:
            return scalarOption(node, at: path)
        case .section:
            return options(node, at: path).map { .section($0) }
        case .list:
            return list(node, at: path) { $0.option($1, at: $2) }.map { .list($0.compactMap { $0 }) }
        }
    }

    private mutating func scalarOption(_ node: ConfigurationNode, at path: String) -> PluginOption? {
        guard let scalar = scalar(node, at: path, expected: "a value") else { return nil }
        if scalar.isNothing {
            expected("a value", .init(line: node.line, scalar: scalar), at: path)
            return nil
        }
        if scalar.form == .quoted { return .text(scalar.text) }
        if let flag = scalar.flag { return .flag(flag) }
        if let integer = Int(scalar.text) { return .integer(integer) }
        if let number = scalar.number, !scalar.isInteger { return .number(number) }
        // Digits beyond 64 bits, or an exponent beyond a `Double`: an identifier, for all that is known, and text if quoted.
        if scalar.isInteger || scalar.form == .literal {
            // Not shown: it may be a secret.
            report(node.line, path, "expected a number within 64 bits, or text in quotes")
            return nil
        }
        return .text(scalar.text)
    }

    /// Text by name; no message shows a value.
    mutating func secrets(_ node: ConfigurationNode, at path: String) -> [String: String]? {
        guard case .section(let entries) = node.content else {
            report(node.line, path, "expected a section of text by name, found something else")
            return nil
        }
        var secrets: [String: String] = [:]
        for entry in unique(entries, at: path) {
            let place = "\(path).\(entry.key)"
            places.lines[place] = entry.line
            guard !entry.key.contains("${") else {
                report(entry.line, place, "variables are replaced in values, not in names")
                continue
            }
            guard case .scalar(let scalar) = entry.value.content, scalar.form != .literal, !scalar.isNothing else {
                report(entry.line, place, "expected text, found something else")
                continue
            }
            secrets[entry.key] = text(entry.value, at: place)
        }
        return secrets
    }
}
