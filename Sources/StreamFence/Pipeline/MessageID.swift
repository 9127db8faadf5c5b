import StreamFenceEngineIO
import StreamFenceSocketIO
import Synchronization

/// Names one message, uniquely across restarts and servers.
public struct MessageID: Sendable, Hashable, CustomStringConvertible {
    private let origin: String
    /// No other message's of this server.
    let number: UInt64

    /// Such as `hH3kQ0x_T1-17`.
    public var description: String { "\(origin)-\(number)" }

    /// Hands out the ids of one server.
    final class Source: Sendable {
        /// 60 random bits: what tells this run of this server from all others.
        private let origin: String
        /// What each id begins with, before the number.
        private let prefix: [UInt8]
        private let last = Atomic<UInt64>(0)

        init() {
            origin = String(EngineIOServer.newSessionID().prefix(10))
            prefix = Array("\(origin)-".utf8)
        }

        func next() -> MessageID {
            id(of: last.wrappingAdd(1, ordering: .relaxed).newValue)
        }

        func id(of number: UInt64) -> MessageID {
            MessageID(origin: origin, number: number)
        }

        /// The number in an id of this server, which is a JSON string without escapes; nil if the value is none.
        func number(in id: JSONFragment) -> UInt64? {
            id.withStringContent { bytes -> UInt64? in
                guard bytes.count > prefix.count, bytes.count <= prefix.count + 20 else { return nil }
                for index in prefix.indices where bytes[index] != prefix[index] { return nil }
                return Self.number(UnsafeRawBufferPointer(rebasing: bytes[prefix.count...]))
            } ?? nil
        }

        /// Digits as they are written here: no sign, no leading zero.
        private static func number(_ digits: UnsafeRawBufferPointer) -> UInt64? {
            guard let first = digits.first, first != UInt8(ascii: "0") else { return nil }
            var number: UInt64 = 0
            for digit in digits {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
                let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
                let (sum, carry) = tens.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
                guard !overflow, !carry else { return nil }
                number = sum
            }
            return number
        }
    }
}
