import Logging
import NIOCore
import StreamFenceTestClient
import Synchronization
import Testing

@testable import StreamFence

@Suite("Events and those who listen", .timeLimit(.minutes(5)))
struct EventHubTests {
    private let hub = EventHub(logger: quiet)

    /// Emits the connections of the clients 0, 1, 2, …
    private func emit(_ count: Int, to hub: EventHub) {
        for number in 0..<count { hub.emit(.connected("\(number)")) }
    }

    private func finish(_ hub: EventHub, within time: Duration = .seconds(60)) async {
        await hub.finish(within: time, on: loops.next())
    }

    @Test("Where nobody listens, or nobody does any more, an event is not even made")
    func nobody() async {
        var made = 0
        func event() -> ServerEvent {
            made += 1
            return .connected("\(made)")
        }
        hub.emit(event())
        #expect(made == 0)
        do {
            let events = hub.events(bufferingAtMost: 10)
            hub.emit(event())
            #expect(await events.next { _ in true } == .connected("1"))
        }
        hub.emit(event())
        #expect(made == 1)
        let events = hub.events(bufferingAtMost: 10)
        await finish(hub)
        hub.emit(event())
        #expect(made == 1)
        #expect(await events.all() == [])
    }

    @Test("A cancelled iteration ends and leaves the hub")
    func cancelled() async throws {
        let events = hub.events(bufferingAtMost: 10)
        let iteration = Task { await events.all() }
        iteration.cancel()
        #expect(await iteration.value == [])
        hub.emit(
            { () -> ServerEvent in
                Issue.record("expected nobody to listen")
                return .connected("1")
            }()
        )
    }

    @Test(
        "A buffer holds so many events; the newest beyond it are lost to that subscriber alone, counted and logged once"
    )
    func bounded() async {
        let warnings = Warnings()
        let hub = EventHub(logger: warnings.logger)
        let narrow = hub.events(bufferingAtMost: 3)
        let least = hub.events(bufferingAtMost: 0)
        let wide = hub.events(bufferingAtMost: 10)
        emit(10, to: hub)
        #expect([narrow.missed, least.missed, wide.missed] == [7, 9, 0])
        #expect(
            warnings.all
                == Array(
                    repeating: "a subscriber takes its events too slowly and loses some missed=1 subscriber=events()",
                    count: 2
                )
        )
        await finish(hub)
        #expect(await narrow.all() == (0..<3).map { .connected("\($0)") })
        #expect(await least.all() == [.connected("0")])
        #expect(await wide.all() == (0..<10).map { .connected("\($0)") })
    }

    @Test("What each thread emits stays in order")
    func order() async {
        let events = hub.events(bufferingAtMost: 2000)
        let hub = hub
        await withTaskGroup { group in
            for thread in ["a", "b"] {
                group.addTask {
                    for number in 0..<1000 { hub.emit(.subscribed(thread, "\(number)")) }
                }
            }
        }
        await finish(hub)
        let all = await events.all()
        for thread in ["a", "b"] {
            let own = all.filter { if case .subscribed(let event) = $0 { event.clientID == thread } else { false } }
            #expect(own == (0..<1000).map { .subscribed(thread, "\($0)") })
        }
    }

    @Test("Each event reaches the method of its name")
    func callbacks() async {
        let id = MessageID.Source().next()
        let events: [ServerEvent] = [
            .starting(1), .started(2), .stopping(3), .stopped(4), .connected("a"), .disconnected("a", "ping timeout"),
            .subscribed("a"), .unsubscribed("a"), .accepted("a"), .rejected("a", nil, .invalidRequest, "why"),
            .queueOverflow(
                QueueOverflowEvent(
                    namespace: "/",
                    clientID: "a",
                    topic: "t",
                    reason: .queueFull,
                    messages: 1,
                    detail: nil
                )
            ),
            .authRejected(AuthRejectedEvent(namespace: "/", clientID: nil, remoteAddress: "::1", reason: "why")),
            .retry(RetryEvent(namespace: "/", clientID: "a", topic: "t", messageID: id, retryCount: 1)),
            .retryExhausted(
                RetryExhaustedEvent(namespace: "/", clientID: "a", topic: "t", messageID: id, retryCount: 2)
            ),
        ]
        let recorder = Recorder()
        hub.add(recorder, bufferingAtMost: 100)
        for event in events { hub.emit(event) }
        await finish(hub)
        #expect(recorder.events == events)
        #expect(Set(events.map(\.callback)).count == 14)
    }

    @Test("A listener that implements nothing is given everything all the same")
    func defaults() async {
        struct Nothing: ServerEventListener {}
        let warnings = Warnings()
        let hub = EventHub(logger: warnings.logger)
        hub.add(Nothing(), bufferingAtMost: 10)
        emit(5, to: hub)
        await finish(hub)
        #expect(warnings.all == [])
    }

    @Test(
        "What a listener throws is logged with the method's name, a bounded number of times, and the next event follows"
    )
    func throwing() async {
        let warnings = Warnings()
        let hub = EventHub(logger: warnings.logger)
        let failing = Failing()
        hub.add(failing, bufferingAtMost: 1000)
        for _ in 0..<100 {
            hub.emit(.subscribed("a"))
            hub.emit(.unsubscribed("a"))
        }
        await finish(hub)
        #expect(failing.others.events.count == 100)
        #expect(warnings.all.first == "a listener failed callback=onSubscribed error=Failure() listener=Failing")
        #expect((1..<100).contains(warnings.all.count))
    }

    @Test("A listener that never returns holds up neither those who emit, nor other listeners, nor the end")
    func hanging() async throws {
        let warnings = Warnings()
        let hub = EventHub(logger: warnings.logger)
        let hanging = Hanging()
        let recorder = Recorder()
        hub.add(hanging, bufferingAtMost: 10)
        hub.add(recorder, bufferingAtMost: 20_000)
        hub.emit(.connected("0"))
        #expect(await hanging.entered.next() == "0")
        for number in 1..<10_000 { hub.emit(.connected("\(number)")) }
        try await eventually { recorder.events.count == 10_000 }
        await finish(hub, within: .milliseconds(50))
        #expect(
            warnings.all.prefix(2) == [
                "a subscriber takes its events too slowly and loses some missed=1 subscriber=Hanging",
                "stopped without a listener, which has not returned in time listener=Hanging time=0.05 seconds",
            ]
        )
        hanging.gate.open()
    }

    @Test("A listener that is cancelled gets none of the events it had not taken")
    func rest() async throws {
        let hanging = Hanging()
        let driver = ListenerDriver(hanging, events: hub.events(bufferingAtMost: 10), logger: quiet)
        let task = Task { await driver.run() }
        emit(5, to: hub)
        #expect(await hanging.entered.next() == "0")
        task.cancel()
        hanging.gate.open()
        await task.value
        hanging.entered.note("nothing else")
        #expect(await hanging.entered.next() == "nothing else")
    }

    @Test("When a hub has finished or gone, whoever listens comes to the end, those who come late at once")
    func end() async {
        let events: ServerEvents
        do {
            let hub = EventHub(logger: quiet)
            events = hub.events(bufferingAtMost: 10)
            emit(2, to: hub)
        }
        #expect(await events.all() == [.connected("0"), .connected("1")])
        await finish(hub)
        #expect(await hub.events(bufferingAtMost: 10).all() == [])
        hub.add(Recorder(), bufferingAtMost: 10)
        await finish(hub)
    }
}
