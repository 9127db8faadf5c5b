import FuzzTargets
import Testing

extension Replay {
    @Suite("From HTTP to events")
    struct HTTPToEventTests {
        @Test("scripts that are written out of chance keep every property, and most of them get as far as an event")
        func written() throws {
            var reached = 0
            for seed in 0..<100 {
                let input = Self.input(seed)
                #expect(throws: Never.self, "seed \(seed)") {
                    if try input.withUnsafeBytes({ try eventsReached(by: $0) }) > 0 { reached += 1 }
                }
            }
            #expect(reached > 75)
        }

        /// `#`, and up to 200 bytes from a linear congruential generator, which is as good as any here.
        private static func input(_ seed: Int) -> [UInt8] {
            var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
            return [UInt8(ascii: "#")]
                + (0..<(100 + seed)).map { _ in
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return UInt8(truncatingIfNeeded: state >> 56)
                }
        }
    }
}
