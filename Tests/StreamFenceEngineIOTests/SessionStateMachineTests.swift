import NIOCore
import Testing

@testable import StreamFenceEngineIO

@Suite("The session's state machine")
struct SessionStateMachineTests {
    private static let probe = EnginePacket.ping(ByteBuffer(string: "probe"))

    /// A machine that has gone through an upgrade up to `state`.
    private static func machine(in state: SessionStateMachine.State) -> SessionStateMachine {
        var machine = SessionStateMachine(webSocket: false)
        switch state {
        case .polling: break
        case .probing: _ = machine.candidateArrived()
        case .upgrading:
            _ = machine.candidateArrived()
            _ = machine.candidateSent(probe)
        case .webSocket:
            machine = SessionStateMachine(webSocket: true)
        case .closed: _ = machine.close()
        }
        #expect(machine.state == state)
        return machine
    }

    @Test("A GET is held while polling, sent on during an upgrade, and refused elsewhere")
    func poll() {
        let expected: [(SessionStateMachine.State, SessionStateMachine.PollAction)] = [
            (.polling, .hold), (.probing, .hold), (.upgrading, .answerNoop), (.webSocket, .refuse), (.closed, .refuse),
        ]
        for (state, action) in expected {
            var machine = Self.machine(in: state)
            #expect(machine.pollArrived() == action, "\(state)")
            #expect(machine.isPollWaiting == (action == .hold))
        }
    }

    @Test("A second GET at once closes the session, one after the answer is held again")
    func overlappingPoll() {
        var machine = Self.machine(in: .polling)
        _ = machine.pollArrived()
        #expect(machine.pollArrived() == .closeOverlapping)
        machine.pollAnswered()
        #expect(machine.pollArrived() == .hold)
    }

    @Test("A POST is taken until the websocket has taken over")
    func post() {
        for state: SessionStateMachine.State in [.polling, .probing, .upgrading, .webSocket, .closed] {
            let isTaken = state != .webSocket && state != .closed
            #expect(Self.machine(in: state).acceptsPosts == isTaken, "\(state)")
        }
    }

    @Test("Only a polling session takes a candidate, and only one")
    func candidate() {
        for state: SessionStateMachine.State in [.polling, .probing, .upgrading, .webSocket, .closed] {
            var machine = Self.machine(in: state)
            #expect(machine.candidateArrived() == (state == .polling), "\(state)")
        }
    }

    @Test("Probe, answer, upgrade: the websocket takes over")
    func upgrade() {
        var machine = Self.machine(in: .probing)
        #expect(machine.candidateSent(Self.probe) == .answerProbe)
        #expect(machine.state == .upgrading)
        #expect(machine.candidateSent(.upgrade) == .switchTransport)
        #expect(machine.state == .webSocket)
    }

    @Test("Anything else from a candidate sends it away, and the session polls on")
    func badCandidate() {
        for packet: EnginePacket in [
            .upgrade, .heartbeat, .ping(ByteBuffer(string: "prob")), .pong(ByteBuffer(string: "probe")), .close, .noop,
            .message(.text(ByteBuffer(string: "a"))),
        ] {
            var machine = Self.machine(in: .probing)
            #expect(machine.candidateSent(packet) == .closeCandidate, "\(packet)")
            #expect(machine.state == .polling)
        }
        for packet: EnginePacket in [Self.probe, .noop, .message(.text(ByteBuffer()))] {
            var machine = Self.machine(in: .upgrading)
            #expect(machine.candidateSent(packet) == .closeCandidate, "\(packet)")
            #expect(machine.state == .polling)
        }
    }

    @Test("Losing a candidate leaves polling, a websocket and an end as they are")
    func candidateLost() {
        for (before, after): (SessionStateMachine.State, SessionStateMachine.State) in [
            (.polling, .polling), (.probing, .polling), (.upgrading, .polling), (.webSocket, .webSocket),
            (.closed, .closed),
        ] {
            var machine = Self.machine(in: before)
            machine.candidateLost()
            #expect(machine.state == after)
        }
    }

    @Test("A session ends once")
    func close() {
        var machine = Self.machine(in: .polling)
        _ = machine.pollArrived()
        let (first, second) = (machine.close(), machine.close())
        #expect(first && !second)
        #expect(!machine.isPollWaiting)
    }
}

@Suite("The heartbeat's decisions")
struct HeartbeatTests {
    @Test("A ping, its answer, the next ping")
    func answered() {
        var heartbeat = Heartbeat()
        #expect(heartbeat.timerFired() == .sendPing)
        let wasAwaited = heartbeat.pongReceived()
        #expect(wasAwaited)
        #expect(heartbeat.timerFired() == .sendPing)
    }

    @Test("A ping without an answer is the end")
    func unanswered() {
        var heartbeat = Heartbeat()
        _ = heartbeat.timerFired()
        #expect(heartbeat.timerFired() == .close)
    }

    @Test("A pong nobody asked for counts for nothing")
    func unasked() {
        var heartbeat = Heartbeat()
        let early = heartbeat.pongReceived()
        #expect(!early)
        _ = heartbeat.timerFired()
        let (first, second) = (heartbeat.pongReceived(), heartbeat.pongReceived())
        #expect(first && !second)
    }
}
