import Foundation
import NIOCore
import StreamFenceSocketIO

/// What `receive` answers to one text message of a fresh decoder.
func decode(
    _ text: String,
    limits: SocketPacketDecoder.Limits = .init()
) throws(SocketPacketError) -> SocketPacket? {
    var decoder = SocketPacketDecoder(limits: limits)
    return try decoder.receive(text: ByteBuffer(string: text))
}

/// The refusal of one text message, as its line in the log; `nil` if it is accepted.
func refusal(of text: String, limits: SocketPacketDecoder.Limits = .init()) -> String? {
    refusal(of: ByteBuffer(string: text), limits: limits)
}

func refusal(of text: ByteBuffer, limits: SocketPacketDecoder.Limits = .init()) -> String? {
    var decoder = SocketPacketDecoder(limits: limits)
    do {
        _ = try decoder.receive(text: text)
        return nil
    } catch {
        return error.description
    }
}

/// SplitMix64: a generator whose every run can be repeated from its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &self) < percent
    }
}

/// A new seed each run, printed; `STREAMFENCE_SEED` repeats one.
func printedSeed(_ test: String = #function) -> UInt64 {
    let given = ProcessInfo.processInfo.environment["STREAMFENCE_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: .min ... .max)
    print("\(test): STREAMFENCE_SEED=\(seed)")
    return seed
}
