import StreamFenceSocketIO

/// ``SocketIOServer`` from a connection's bytes to the events of its program, over the handlers that a listener installs; the
/// input is a ``Script`` of several clients, or after `#` bytes from which ``ScriptWriter`` writes one.
///
/// 1. The program is told of exactly the joins, events and ends that ``ReferenceSession`` has, after each step: however the
///    bytes are divided, over polling, websocket and the upgrade between them, with attachments and acknowledgements, and
///    whatever stands in packets, payloads and frames. Every end has its reason.
/// 2. Each client is sent exactly the answers the reference has, in order, in valid responses and frames.
/// 3. What waits for a client that does not read is bounded, as is what is held on the heap, and the size of an event.
/// 4. When all connections have ended, nothing is left: no session, socket, handler or timer.
///
/// Once the script has bytes of nobody's in it that may be any HTTP, 1 and 2 hold no longer but for the validity of responses and
/// frames, and that who joins leaves.
public func fuzzHTTPToEvent(_ input: UnsafeRawBufferPointer) throws(Violation) {
    _ = try eventsReached(by: input)
}

/// How many events the program was told of while all properties held.
package func eventsReached(by input: UnsafeRawBufferPointer) throws(Violation) -> Int {
    let script =
        input.first == UInt8(ascii: "#") ? Script(ScriptWriter(input.dropFirst()).script) : Script(Array(input))
    let traces = try play(script)
    try traces.check()
    return traces.events
}

private func play(_ script: Script) throws(Violation) -> Traces {
    let stage = Stage(script)
    do throws(Violation) {
        try stage.play()
        try stage.end()
    } catch {
        stage.abandon()
        throw error
    }
    return stage.traces
}
