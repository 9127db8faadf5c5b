/// The fuzzers, each named as its executable and its folder in the corpus are.
public enum FuzzTarget: String, CaseIterable, Sendable {
    case pollingPayload = "polling-payload"
    case webSocketFrames = "websocket-frames"
    case enginePacket = "engine-packet"
    case socketPacket = "socket-packet"
    case httpToEvent = "http-to-event"

    /// Feeds one input to what is fuzzed.
    ///
    /// - Throws: the property that does not hold.
    public func check(_ input: UnsafeRawBufferPointer) throws(Violation) {
        switch self {
        case .pollingPayload: try fuzzPollingPayload(input)
        case .webSocketFrames: try fuzzWebSocketFrames(input)
        case .enginePacket: try fuzzEnginePacket(input)
        case .socketPacket: try fuzzSocketPacket(input)
        case .httpToEvent: try fuzzHTTPToEvent(input)
        }
    }

    /// What libFuzzer calls: it takes a crash for a finding, and only a crash.
    ///
    /// - Returns: 0, as libFuzzer asks for.
    public func run(_ input: UnsafeRawBufferPointer) -> CInt {
        do {
            try check(input)
        } catch {
            fatalError("\(rawValue): \(error)")
        }
        return 0
    }
}
