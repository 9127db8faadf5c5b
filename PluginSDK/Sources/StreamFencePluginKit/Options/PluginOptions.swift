/// A plugin's options, read one by one by their names.
///
/// Reading never throws: what is wrong is remembered, a default stands in, and when the plugin is made all mistakes are reported
/// at once, with those options that the plugin did not ask for.
///
/// ```swift
/// .tokenValidator("acme") { options in
///     Acme(secret: options.secret("secret"), leeway: options.milliseconds("leewayMs", default: .seconds(5)))
/// }
/// ```
public struct PluginOptions {
    /// What is wrong so far.
    public private(set) var problems: [PluginOptionProblem] = []
    private let options: [String: PluginOption]
    private var known: [String] = []
    private var refused: Set<String> = []

    /// - Parameter options: what the configuration says.
    public init(_ options: [String: PluginOption]) {
        self.options = options
    }

    // MARK: The types an option can have

    /// Text that has to be there.
    public mutating func text(_ name: String) -> String {
        guard let text = optionalText(name) else {
            if options[name] == nil { refuse(name, "expected text, found nothing") }
            return ""
        }
        return text
    }

    /// Text, or the default where there is none.
    public mutating func text(_ name: String, default: String) -> String {
        optionalText(name) ?? `default`
    }

    /// Text, or nil where there is none.
    public mutating func optionalText(_ name: String) -> String? {
        guard let option = take(name) else { return nil }
        guard case .text(let text) = option else {
            refuse(name, "expected text, found \(option.found)")
            return nil
        }
        return text
    }

    /// Text that has to be there, and that no message shows: a password, a key.
    public mutating func secret(_ name: String) -> String {
        guard let secret = optionalSecret(name) else {
            if options[name] == nil { refuse(name, "expected text, found nothing") }
            return ""
        }
        return secret
    }

    /// The same, or nil where there is none.
    public mutating func optionalSecret(_ name: String) -> String? {
        guard let option = take(name) else { return nil }
        guard case .text(let secret) = option else {
            // A password of digits is a number to YAML, unless it is quoted.
            refuse(name, "expected text in quotes, found \(option.foundKind)")
            return nil
        }
        return secret
    }

    /// A list of text that has to be there.
    public mutating func texts(_ name: String) -> [String] {
        if options[name] == nil { refuse(name, "expected a list of text, found nothing") }
        return texts(name, default: [])
    }

    /// A list of text, or the default where there is none.
    public mutating func texts(_ name: String, default: [String]) -> [String] {
        guard let option = take(name) else { return `default` }
        guard case .list(let items) = option else {
            refuse(name, "expected a list of text, found \(option.found)")
            return `default`
        }
        return items.enumerated().compactMap { index, item in
            if case .text(let text) = item { return text }
            refuse("\(name)[\(index)]", "expected text, found \(item.found)")
            return nil
        }
    }

    /// Secrets by name, at least one; no message shows a value.
    public mutating func secretsByName(_ name: String) -> [String: String] {
        guard case .section(let items)? = take(name), !items.isEmpty else {
            refuse(name, "expected text by name, found \(options[name]?.foundKind ?? "nothing")")
            return [:]
        }
        var secrets: [String: String] = [:]
        for (key, item) in items.sorted(by: { $0.key < $1.key }) {
            if case .text(let text) = item {
                secrets[key] = text
            } else {
                refuse("\(name).\(key)", "expected text in quotes, found \(item.foundKind)")
            }
        }
        return secrets
    }

    /// Secrets by name, or the default where there are none.
    public mutating func secretsByName(_ name: String, default: [String: String]) -> [String: String] {
        guard options[name] != nil else {
            known.append(name)
            return `default`
        }
        return secretsByName(name)
    }

    /// True or false.
    public mutating func flag(_ name: String, default: Bool) -> Bool {
        guard let option = take(name) else { return `default` }
        guard case .flag(let flag) = option else {
            refuse(name, "expected true or false, found \(option.found)")
            return `default`
        }
        return flag
    }

    /// One of an enumeration's raw values.
    public mutating func choice<Value: CaseIterable & RawRepresentable<String>>(
        _ name: String,
        default: Value
    ) -> Value {
        guard let option = take(name) else { return `default` }
        if case .text(let text) = option, let value = Value(rawValue: text) { return value }
        let names = Value.allCases.map(\.rawValue)
        var hint = ""
        if case .text(let text) = option, let meant = nearest(to: text, in: names) { hint = "; did you mean \(meant)?" }
        refuse(name, "expected one of \(names.joined(separator: ", ")), found \(option.found)\(hint)")
        return `default`
    }

    /// A whole number in `range`.
    public mutating func integer(_ name: String, in range: ClosedRange<Int>, default: Int) -> Int {
        guard let option = take(name) else { return `default` }
        guard case .integer(let value) = option else {
            refuse(name, "expected an integer, found \(option.found)")
            return `default`
        }
        guard value >= range.lowerBound else {
            refuse(name, "expected at least \(range.lowerBound), found \(value)")
            return `default`
        }
        guard value <= range.upperBound else {
            refuse(name, "expected at most \(range.upperBound), found \(value)")
            return `default`
        }
        return value
    }

    /// A time in whole milliseconds, 1 to `Int32.max` unless `range` says otherwise.
    public mutating func milliseconds(
        _ name: String,
        in range: ClosedRange<Int> = 1...Int(Int32.max),
        default: Duration
    ) -> Duration {
        let (seconds, attoseconds) = `default`.components
        let standard = Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
        return .milliseconds(integer(name, in: range, default: standard))
    }

    // MARK: What else can be wrong

    /// Remembers that something is wrong with an option.
    ///
    /// - Parameter message: what was expected and what was found.
    public mutating func refuse(_ name: String, _ message: String) {
        refused.insert(name)
        problems.append(PluginOptionProblem(name: name, message: message))
    }

    /// Says that an option, where it is given, has an effect only if something else holds.
    ///
    /// - Parameter other: the option that decides; where it could not be read, nobody knows and nothing is said.
    public mutating func require(_ holds: Bool, for name: String, by other: String, _ reason: String) {
        guard !holds, options[name] != nil, !refused.contains(other) else { return }
        refuse(name, reason)
    }

    /// Makes a plugin's part from options.
    ///
    /// - Throws: ``PluginOptionsError`` with everything that is wrong with them; otherwise what `make` throws.
    package static func read<Part>(
        _ options: [String: PluginOption],
        of component: String,
        _ make: (inout PluginOptions) throws -> Part
    ) throws -> Part {
        var reader = PluginOptions(options)
        let part = Result { try make(&reader) }
        // What `make` makes of defaults that stand in for mistakes is nobody's concern.
        if case .success = part { reader.refuseOthers(of: component) }
        guard reader.problems.isEmpty else { throw PluginOptionsError(problems: reader.problems) }
        return try part.get()
    }

    private mutating func refuseOthers(of component: String) {
        for name in options.keys.filter({ !known.contains($0) }).sorted() {
            let hint = nearest(to: name, in: known).map { "did you mean \($0)?" }
            let all = known.isEmpty ? "no options" : known.joined(separator: ", ")
            refuse(name.isEmpty ? "\"\"" : name, "unknown option; \(hint ?? "\(component) takes \(all)")")
        }
    }

    private mutating func take(_ name: String) -> PluginOption? {
        known.append(name)
        return options[name]
    }
}

/// One thing that is wrong with a plugin's options.
public struct PluginOptionProblem: Sendable, Equatable {
    /// The option; empty if it is about all of them.
    public let name: String
    /// What was expected and what was found.
    public let message: String

    /// The parameters are the properties.
    public init(name: String, message: String) {
        self.name = name
        self.message = message
    }
}

/// Everything that is wrong with a plugin's options.
public struct PluginOptionsError: Error, CustomStringConvertible {
    /// Every problem, in the order they were found.
    public let problems: [PluginOptionProblem]

    /// - Parameter problems: at least one.
    public init(problems: [PluginOptionProblem]) {
        self.problems = problems
    }

    /// One line a problem: `name: message`.
    public var description: String {
        problems.map { $0.name.isEmpty ? $0.message : "\($0.name): \($0.message)" }.joined(separator: "\n")
    }
}
