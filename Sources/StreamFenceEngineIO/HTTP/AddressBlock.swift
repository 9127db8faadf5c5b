import NIOCore

/// The addresses that count as one client's where clients are told apart by them: an IPv4 address by itself, and the 2^64 IPv6
/// addresses that a single line commonly has.
package struct AddressBlock: Hashable, Sendable {
    private let name: String

    /// - Parameter address: without the port, in any form; text that is none stands for itself.
    package init(_ address: String) {
        guard case .v6(let parsed)? = try? SocketAddress(ipAddress: address, port: 0) else {
            name = address
            return
        }
        let bytes = withUnsafeBytes(of: parsed.address.sin6_addr) { Array($0) }
        // An IPv4 client of a socket that serves both: ::ffff:192.0.2.1.
        let isMapped = bytes.starts(with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF])
        name = isMapped ? bytes.suffix(4).map(String.init).joined(separator: ".") : "\(bytes.prefix(8))"
    }
}
