import Logging
import StreamFenceDelivery
import StreamFenceEngineIO
import StreamFencePluginKit

extension SpillFault {
    /// Logs the fault, unless one of its kind was logged a moment ago.
    func log(_ lane: SpillLane, _ limiter: LogLimiter, _ logger: Logger) {
        var metadata: Logger.Metadata = ["lane": "\(lane.namespace)#\(lane.clientID) \(lane.topic)"]
        let message: Logger.Message
        switch self {
        case .append(let messages, let error):
            message = "could not spill messages, which are rejected"
            metadata["messages"] = "\(messages)"
            metadata["reason"] = "\(error)"
        case .read(willRetry: true, let error):
            message = "could not read what was spilled, trying again"
            metadata["reason"] = "\(error)"
        case .read(willRetry: false, let error):
            message = "could not read what was spilled, giving it up"
            metadata["reason"] = "\(error)"
        case .lost(let messages):
            message = "spilled messages are damaged or missing, and lost"
            metadata["messages"] = "\(messages)"
        case .remove(let error):
            message = "could not remove what was spilled"
            metadata["reason"] = "\(error)"
        }
        limiter.log(logger, level: .warning, message, metadata: metadata)
    }
}
