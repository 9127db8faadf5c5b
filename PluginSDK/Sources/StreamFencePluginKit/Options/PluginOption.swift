/// One setting of a plugin. May be written as a literal: `["sync": "interval", "syncIntervalMs": 500]`.
public enum PluginOption: Sendable, Equatable {
    /// Text.
    case text(String)
    /// A whole number.
    case integer(Int)
    /// A number that was not written as a whole one, such as `0.5` or `1e3`.
    case number(Double)
    /// True or false.
    case flag(Bool)
    /// A list of settings.
    case list([PluginOption])
    /// Settings by name.
    case section([String: PluginOption])

    /// What a message says was found.
    var found: String {
        switch self {
        case .text(let text): "\"\(text)\""
        case .integer(let integer): "\(integer)"
        case .number(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .list: "a list"
        case .section: "a section"
        }
    }

    /// The same, of a value that must not be shown.
    var foundKind: String {
        switch self {
        case .text: "text"
        case .integer, .number: "a number"
        case .flag: "true or false"
        case .list: "a list"
        case .section(let items): items.isEmpty ? "an empty section" : "a section"
        }
    }
}

extension PluginOption: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// Text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// A number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// True or false.
    public init(booleanLiteral value: Bool) { self = .flag(value) }
    /// A list of settings.
    public init(arrayLiteral elements: PluginOption...) { self = .list(elements) }
    /// Settings by name; of several of one name the last counts.
    public init(dictionaryLiteral elements: (String, PluginOption)...) {
        self = .section(Dictionary(elements) { _, last in last })
    }
}
