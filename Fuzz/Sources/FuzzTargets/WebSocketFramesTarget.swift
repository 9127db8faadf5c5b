import NIOCore
import StreamFenceEngineIO

/// ``WebSocketFrameDecoder``; the input is a few bytes that steer (``FrameSettings``), and then what a connection
/// carries.
///
/// 1. Delivered at once, the bytes decode to exactly the events and the error of ``ReferenceFrames``.
/// 2. Delivered in chunks, they decode to the same.
/// 3. No message is larger than the limit, no control frame's content larger than 125 bytes, no text other than UTF-8.
/// 4. Events are decoded from their own encoding: by either side, masked and fragmented.
public func fuzzWebSocketFrames(_ input: UnsafeRawBufferPointer) throws(Violation) {
    var rest = input[...]
    let settings = FrameSettings(&rest)
    let stream = Array(rest)

    let whole = settings.decode([ByteBuffer(surrounded: stream)])
    try expectEqual(whole, ReferenceFrames.read(stream, settings), "the events are the reference's")
    try expectEqual(settings.decode(settings.chunks(of: stream)), whole, "chunks decode to the same as the whole")
    for event in whole.events { try checkLimits(of: event, settings) }

    for role in [.server, .client] as [WebSocketFrameDecoder.Role] {
        var writer = FrameWriter(role: role, mask: settings.mask, fragment: settings.fragment)
        for event in whole.events { writer.write(event) }
        let other = FrameSettings(role: role)
        let again = other.decode([writer.bytes])
        try expectEqual(again, FrameOutcome(events: whole.events), "events are decoded from their own encoding")
    }
}

private func checkLimits(of event: WebSocketFrameDecoder.Event, _ settings: FrameSettings) throws(Violation) {
    switch event {
    case .message(let message):
        try expect(message.count <= settings.maxMessageBytes, "the limit is held", found: "\(message.count) bytes")
        if case .text(let text) = message { try expect(text.isValidText, "text is UTF-8") }
    case .ping(let content), .pong(let content):
        try expect(content.readableBytes <= 125, "control frames are short", found: "\(content.readableBytes) bytes")
    case .close(let code):
        try expect(code.map { (1000..<5000).contains($0) } ?? true, "a close code may be sent", found: "\(code ?? 0)")
    }
}

/// What a stream decodes to: the events, and the error that ended them.
struct FrameOutcome: Equatable {
    var events: [WebSocketFrameDecoder.Event] = []
    var error: EngineIOError.Code?
}

extension FrameSettings {
    /// The outcome for a stream that arrives in these pieces.
    func decode(_ chunks: [ByteBuffer]) -> FrameOutcome {
        var decoder = WebSocketFrameDecoder(
            role: role,
            maxMessageBytes: maxMessageBytes,
            maxFragments: maxFragments
        )
        var outcome = FrameOutcome()
        do throws(EngineIOError) {
            for chunk in chunks {
                decoder.append(chunk)
                while let event = try decoder.next() { outcome.events.append(event) }
            }
        } catch {
            outcome.error = error.code
        }
        return outcome
    }
}
