import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A server could not bind its port: another process has it, or the address is not one of this machine.
public struct ServerBindError: Error, Sendable, CustomStringConvertible {
    /// The address that was to be bound.
    public let host: String
    /// The port that was to be bound.
    public let port: Int
    /// What the system says, such as `Address already in use`.
    public let reason: String

    init(host: String, port: Int, _ error: any Error) {
        self.host = host
        self.port = port
        reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
    }

    /// The address, the port and the reason.
    public var description: String { "can't listen on \(host):\(port): \(reason)" }
}
