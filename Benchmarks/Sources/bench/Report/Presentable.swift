import Foundation

/// Something that can be printed as text or as JSON.
protocol Presentable: Encodable {
    func text() -> String
}

extension Presentable {
    /// One object, on one line.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
