import NIOCore
import StreamFenceDelivery

/// An event loop's ``DeliveryLoop`` as other threads may hold it: one for each loop of a server, whatever its namespaces.
final class DeliveryLoopBox: Sendable {
    let eventLoop: any EventLoop
    private let loop: NIOLoopBoundBox<DeliveryLoop>

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        loop = .makeBoxSendingValue(DeliveryLoop(eventLoop: eventLoop), eventLoop: eventLoop)
    }

    /// On the event loop only.
    var value: DeliveryLoop { loop.value }
}
