import NIOCore

/// One GET or POST of a polling session, as the session sees it: answered once, from any event loop.
struct PollExchange: Sendable {
    /// Which exchange of its connection this is; an answer to an earlier one is dropped.
    let number: Int
    private let eventLoop: any EventLoop
    private let handler: NIOLoopBound<EngineIOHTTPHandler>

    struct ID: Hashable, Sendable {
        let connection: ObjectIdentifier
        let number: Int
    }

    let id: ID

    init(number: Int, handler: EngineIOHTTPHandler, eventLoop: any EventLoop) {
        self.number = number
        self.eventLoop = eventLoop
        self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
        id = ID(connection: ObjectIdentifier(handler), number: number)
    }

    func answer(_ response: EngineIOResponse) {
        let number = number
        let handler = handler
        if eventLoop.inEventLoop {
            handler.value.answer(response, to: number)
        } else {
            eventLoop.execute { handler.value.answer(response, to: number) }
        }
    }
}
