import JWTKit

/// What a token says, as far as this plugin can make use of it.
struct Claims: JWTPayload {
    private let values: [String: Value]

    /// Only text, numbers and lists of text mean something here.
    private enum Value: Codable {
        case text(String)
        case number(Double)
        case texts([String])
        case other

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let text = try? value.decode(String.self) {
                self = .text(text)
            } else if let number = try? value.decode(Double.self) {
                self = .number(number)
            } else if let texts = try? value.decode([String].self) {
                self = .texts(texts)
            } else {
                self = .other
            }
        }

        func encode(to encoder: any Encoder) throws {
            var value = encoder.singleValueContainer()
            switch self {
            case .text(let text): try value.encode(text)
            case .number(let number): try value.encode(number)
            case .texts(let texts): try value.encode(texts)
            case .other: try value.encodeNil()
            }
        }
    }

    init(from decoder: any Decoder) throws {
        values = try decoder.singleValueContainer().decode([String: Value].self)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(values)
    }

    /// Nothing: the options say what is to be checked, and they are the validator's.
    func verify(using algorithm: some JWTAlgorithm) async throws {}

    /// A claim that is text.
    func text(_ name: String) -> String? {
        if case .text(let text) = values[name] { text } else { nil }
    }

    /// A claim that is a list of text, or one text.
    func texts(_ name: String) -> [String]? {
        switch values[name] {
        case .text(let text): [text]
        case .texts(let texts): texts
        default: nil
        }
    }

    /// A claim that is a time, in seconds since 1970 UTC; nil where there is none.
    func time(_ name: String) throws -> Duration? {
        guard let value = values[name] else { return nil }
        // What a Duration and the contract's milliseconds have room for, by far.
        guard case .number(let seconds) = value, (0...1e12).contains(seconds) else {
            throw Refusal("expected \(name) in seconds since 1970, found something else")
        }
        return .milliseconds(Int64(seconds * 1000))
    }
}
