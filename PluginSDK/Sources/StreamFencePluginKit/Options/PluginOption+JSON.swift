#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

// Options cross the plugin boundary as a JSON object.
extension PluginOption {
    /// The options of a JSON object.
    ///
    /// - Throws: what is wrong with the text.
    package static func options(json: UnsafeRawBufferPointer) throws -> [String: PluginOption] {
        try JSONDecoder().decode([String: PluginOption].self, from: Data(json))
    }

    /// A JSON object with these options, in the order of their names.
    package static func json(_ options: [String: PluginOption]) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(options))
    }
}

extension PluginOption: Codable {
    /// What a JSON value says. Null is refused: no configuration makes it.
    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let integer = try? value.decode(Int.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([PluginOption].self) {
            self = .list(list)
        } else {
            self = .section(try value.decode([String: PluginOption].self))
        }
    }

    /// The JSON value.
    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .text(let text): try value.encode(text)
        case .integer(let integer): try value.encode(integer)
        case .number(let number): try value.encode(number)
        case .flag(let flag): try value.encode(flag)
        case .list(let list): try value.encode(list)
        case .section(let options): try value.encode(options)
        }
    }
}
