@testable import StreamFenceDelivery

/// A text in a record, which ends with it: its bytes, then how many they are.
struct TextCodec: MessageContentCodec {
    func encode(_ content: any MessageContent, into bytes: inout [UInt8]) {
        let text = Array(((content as? Text)?.texts ?? ["?"]).joined().utf8)
        bytes += text
        bytes.append(UInt8(truncatingIfNeeded: text.count))
    }

    func decode(_ bytes: ArraySlice<UInt8>) -> (any MessageContent)? {
        guard let length = bytes.last, bytes.count == Int(length) + 1 else { return nil }
        return Text([String(decoding: bytes.dropLast(), as: UTF8.self)])
    }

    /// The text of a record, whatever stands before it.
    static func text(of record: [UInt8]) -> String {
        guard let length = record.last else { return "" }
        return String(decoding: record.dropLast().suffix(Int(length)), as: UTF8.self)
    }
}
