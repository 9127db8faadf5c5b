/// Reads a plugin's options one by one, reports what is wrong with them, and at the end those that nobody asked for.
struct PluginOptionReader {
    private(set) var problems = ProblemList(path: "options")
    private let options: [String: PluginOption]
    private var known: [String] = []
    private var refused: Set<String> = []

    init(_ options: [String: PluginOption]) {
        self.options = options
    }

    /// One of an enumeration's raw values.
    mutating func choice<Value: CaseIterable & RawRepresentable<String>>(_ name: String, default: Value) -> Value {
        guard let option = take(name) else { return `default` }
        if case .text(let text) = option, let value = Value(rawValue: text) { return value }
        let names = Value.allCases.map(\.rawValue)
        var hint = ""
        if case .text(let text) = option, let meant = nearest(to: text, in: names) { hint = "; did you mean \(meant)?" }
        refused.insert(name)
        problems.add(name, "expected one of \(names.joined(separator: ", ")), found \(option.found)\(hint)")
        return `default`
    }

    mutating func integer(_ name: String, atLeast least: Int, default: Int) -> Int {
        guard let option = take(name) else { return `default` }
        guard case .integer(let value) = option else {
            problems.add(name, "expected an integer, found \(option.found)")
            return `default`
        }
        problems.require(value >= least, name, "expected at least \(least), found \(value)")
        return value
    }

    /// Of 1 to `Int32.max` milliseconds.
    mutating func milliseconds(_ name: String, default: Duration) -> Duration {
        let value = integer(name, atLeast: 1, default: `default`.wholeMilliseconds)
        problems.require(value <= Int(Int32.max), name, "expected at most \(Int32.max) milliseconds, found \(value)")
        return .milliseconds(Int32(clamping: value))
    }

    /// Says that an option, where it is given, has an effect only if something else holds.
    ///
    /// - Parameter other: the option that decides; where it could not be read, nobody knows and nothing is said.
    mutating func require(_ holds: Bool, for name: String, by other: String, _ reason: String) {
        guard options[name] != nil, !refused.contains(other) else { return }
        problems.require(holds, name, reason)
    }

    /// Reports every option that was not read, to be called last.
    ///
    /// - Parameter plugin: the plugin's name.
    mutating func refuseOthers(of plugin: String) {
        for name in options.keys.filter({ !known.contains($0) }).sorted() {
            let hint = nearest(to: name, in: known).map { "did you mean \($0)?" }
            let all = known.isEmpty ? "no options" : known.joined(separator: ", ")
            problems.add(name, "unknown option; \(hint ?? "\(plugin) takes \(all)")")
        }
    }

    private mutating func take(_ name: String) -> PluginOption? {
        known.append(name)
        return options[name]
    }
}
