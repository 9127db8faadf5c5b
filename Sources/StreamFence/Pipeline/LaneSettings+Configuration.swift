import NIOCore
import StreamFenceDelivery
import StreamFencePluginKit

extension LaneSettings {
    /// What a namespace's lanes have in common, as its configuration says.
    convenience init(
        _ configuration: NamespaceConfiguration,
        policy: any OverflowPolicy,
        spill: SpillService?,
        memory: MemoryBudget,
        observer: any LaneObserver
    ) {
        self.init(
            namespace: configuration.path,
            maxMessages: configuration.maxQueuedMessagesPerClient,
            maxBytes: configuration.maxQueuedBytesPerClient,
            policy: policy,
            coalesces: configuration.coalesce,
            acknowledgement: AcknowledgementSettings(configuration),
            timeToLive: configuration.messageTTL.map { TimeAmount($0) },
            minInterval: configuration.minInterval.map { TimeAmount($0) },
            gapNotice: configuration.notifyGaps ? MessageEncoder.gapNotice(namespace: configuration.path) : nil,
            spill: spill,
            memory: memory,
            observer: observer
        )
    }
}

extension AcknowledgementSettings {
    fileprivate init?(_ configuration: NamespaceConfiguration) {
        guard configuration.deliveryMode == .atLeastOnce else { return nil }
        let timeout = TimeAmount(configuration.ackTimeout)
        self.init(
            maxInFlight: configuration.maxInFlight,
            maxRetries: configuration.maxRetries,
            timeout: timeout,
            multiplier: configuration.retryBackoff?.multiplier ?? 1,
            maxDelay: configuration.retryBackoff.map { TimeAmount($0.maxDelay) } ?? timeout
        )
    }
}
