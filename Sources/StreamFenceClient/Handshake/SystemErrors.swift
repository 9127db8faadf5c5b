import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A network error in the system's words, without where in SwiftNIO it came up.
func describe(_ error: any Error) -> String {
    switch error {
    case let error as NIOConnectionError:
        if let attempt = error.connectionErrors.first { return describe(attempt.error) }
        return "the host \"\(error.host)\" is not known"
    case let error as IOError:
        return String(cString: strerror(error.errnoCode))
    case ChannelError.connectTimeout:
        return "no answer in time"
    default:
        return "\(error)"
    }
}
