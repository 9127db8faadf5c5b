#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Sends datagrams to one address, and never waits.
final class UDPSender: Sendable {
    private let descriptor: Int32
    private let address: [UInt8]

    /// Looks the host up, which may take a while.
    init(host: String, port: Int) throws {
        var wanted = addrinfo()
        #if canImport(Glibc)
        wanted.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        #else
        wanted.ai_socktype = SOCK_DGRAM
        #endif
        var found: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(host, "\(port)", &wanted, &found)
        defer { found.map { freeaddrinfo($0) } }
        guard result == 0, let first = found?.pointee, let address = first.ai_addr else {
            throw SendFailure("expected the address of \(host), found none: \(String(cString: gai_strerror(result)))")
        }
        self.address = Array(UnsafeRawBufferPointer(start: address, count: Int(first.ai_addrlen)))
        descriptor = socket(first.ai_family, first.ai_socktype, first.ai_protocol)
        guard descriptor >= 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0
        else {
            throw SendFailure("expected a socket, found none: \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// - Throws: if the system does not take it now. Whether anybody receives it is not known: the socket is not connected, so that
    ///   a server that is away for a while costs no error.
    func send(_ bytes: [UInt8]) throws {
        let sent = address.withUnsafeBytes { address in
            sendto(
                descriptor,
                bytes,
                bytes.count,
                0,
                address.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(address.count)
            )
        }
        guard sent < 0 else { return }
        throw SendFailure("expected to send \(bytes.count) bytes, found: \(String(cString: strerror(errno)))")
    }
}

/// Why nothing could be sent.
struct SendFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
