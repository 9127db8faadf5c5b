import Foundation

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A TCP connection to this machine that sends what a test says, part by part.
struct RawSocket: ~Copyable {
    private let descriptor: Int32

    /// Connects, and has `body` talk on a thread of its own, which it may block.
    static func connected<Result: Sendable>(
        to port: Int,
        _ body: @escaping @Sendable (borrowing RawSocket) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Swift.Result { try body(try RawSocket(port: port)) })
            }
        }
    }

    private struct Failure: Error {
        let call: String
        let code: Int32
    }

    private init(port: Int) throws {
        #if canImport(Glibc)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
        let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        self.descriptor = descriptor
        guard descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = in_addr_t(UInt32(0x7F00_0001).bigEndian)
        let status = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(call: "connect", code: errno) }
    }

    deinit {
        close(descriptor)
    }

    /// Whether the connection took it: not when the server has closed it.
    @discardableResult
    func send(_ text: String) -> Bool {
        #if canImport(Glibc)
        let flags = Int32(MSG_NOSIGNAL)
        #else
        let flags: Int32 = 0
        #endif
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Self.sendBytes(descriptor, $0.baseAddress, $0.count, flags) }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }

    /// All that comes until it ends in this, or until the server closes the connection.
    func receive(until end: String? = nil) -> String {
        var received: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while end.map({ !received.suffix($0.utf8.count).elementsEqual($0.utf8) }) ?? true {
            let count = recv(descriptor, &part, part.count, 0)
            guard count > 0 else { break }
            received += part.prefix(count)
        }
        return String(decoding: received, as: UTF8.self)
    }

    /// `send` of the system, by a name that is not a method's.
    private static func sendBytes(_ to: Int32, _ bytes: UnsafeRawPointer?, _ count: Int, _ flags: Int32) -> Int {
        #if canImport(Glibc)
        Glibc.send(to, bytes, count, flags)
        #else
        Darwin.send(to, bytes, count, flags)
        #endif
    }
}
