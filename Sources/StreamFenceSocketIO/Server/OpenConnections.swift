import NIOCore
import StreamFenceEngineIO
import Synchronization

/// The connections of a listener, so that it can end them all.
final class OpenConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// How many each address has; empty where that has no limit.
        var addresses: [AddressBlock: Int] = [:]
        /// Waits for the last connection to close.
        var emptied: EventLoopPromise<Void>?
    }

    private let state = Mutex(State())
    private let most: Int
    private let mostPerAddress: Int?
    private let proxies: [AddressRange]
    /// Connections that were refused, as there were too many.
    let refused = Counter()
    /// Those that were refused as there were too many of their address.
    let refusedByAddress = Counter()

    /// How many connections an address may have for each session: a polling client has two or three.
    private static let connectionsPerSession = 4

    /// What there may be at a time.
    init(_ configuration: SocketIOConfiguration) {
        most = configuration.maxConnections ?? .max
        mostPerAddress = configuration.engine.maxSessionsPerAddress.map {
            let (product, isTooLarge) = $0.multipliedReportingOverflow(by: Self.connectionsPerSession)
            return isTooLarge ? .max : product
        }
        proxies = configuration.engine.trustedProxies
    }

    /// Watches a connection until it closes.
    ///
    /// - Throws: ``TooManyConnections``, which is counted.
    func add(_ channel: any Channel) throws(TooManyConnections) {
        let id = ObjectIdentifier(channel)
        let address = countedAddress(of: channel)
        try state.withLock { state throws(TooManyConnections) in
            guard state.channels.count < most else {
                refused.increment()
                throw TooManyConnections(most: most, what: "connections at a time")
            }
            if let address, let mostPerAddress {
                guard state.addresses[address, default: 0] < mostPerAddress else {
                    refusedByAddress.increment()
                    throw TooManyConnections(most: mostPerAddress, what: "connections of an address at a time")
                }
                state.addresses[address, default: 0] += 1
            }
            state.channels[id] = channel
        }
        channel.closeFuture.whenComplete { _ in self.remove(id, address) }
    }

    /// nil where addresses have no limit, and for a proxy, behind which clients are told apart by their sessions.
    private func countedAddress(of channel: any Channel) -> AddressBlock? {
        guard mostPerAddress != nil, let peer = channel.remoteAddress?.ipAddress else { return nil }
        return proxies.contains { $0.contains(peer) } ? nil : AddressBlock(peer)
    }

    private func remove(_ id: ObjectIdentifier, _ address: AddressBlock?) {
        let emptied = state.withLock { state -> EventLoopPromise<Void>? in
            if let address {
                let count = state.addresses[address, default: 0]
                state.addresses[address] = count > 1 ? count - 1 : nil
            }
            state.channels[id] = nil
            guard state.channels.isEmpty else { return nil }
            defer { state.emptied = nil }
            return state.emptied
        }
        emptied?.succeed()
    }

    /// Has every connection close: those that rest at once, those with a request when it is answered, and whatever is
    /// left after `patience`.
    ///
    /// - Returns: succeeds when the last one has closed.
    func closeAll(patience: TimeAmount, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        let channels = state.withLock { state in
            if !state.channels.isEmpty { state.emptied = promise }
            return Array(state.channels.values)
        }
        guard !channels.isEmpty else {
            promise.succeed()
            return promise.futureResult
        }
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        let deadline = eventLoop.scheduleTask(in: patience) {
            for channel in channels { channel.close(promise: nil) }
        }
        promise.futureResult.whenComplete { _ in deadline.cancel() }
        return promise.futureResult
    }
}

/// There are as many connections as there may be.
struct TooManyConnections: Error, CustomStringConvertible {
    let most: Int
    let what: String

    var description: String { "expected at most \(most) \(what), found one more" }
}
