import NIOCore

/// A block of IP addresses: `192.0.2.7`, `10.0.0.0/8`, `fd00::/8`.
public struct AddressRange: Sendable, Equatable {
    /// The first address, as 16 bytes; an IPv4 address as `::ffff:192.0.2.7`.
    private let first: [UInt8]
    /// How many of its bits all addresses of the block have in common.
    private let bits: Int

    /// - Parameter text: an address, or one and the number of bits that count.
    /// - Returns: nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = parts.first, let first = Self.bytes(String(address)), parts.count <= 2 else { return nil }
        self.first = first
        let isShort = !address.contains(":")
        guard parts.count == 2 else {
            bits = 128
            return
        }
        guard parts[1].allSatisfy(\.isNumber), let bits = Int(parts[1]), bits <= (isShort ? 32 : 128) else {
            return nil
        }
        self.bits = isShort ? 96 + bits : bits
    }

    /// Whether an address is one of the block's; what is no address is in none.
    public func contains(_ address: String) -> Bool {
        guard let bytes = Self.bytes(address) else { return false }
        let (whole, rest) = (bits / 8, bits % 8)
        guard bytes.prefix(whole) == first.prefix(whole) else { return false }
        return rest == 0 || (bytes[whole] ^ first[whole]) >> UInt8(8 - rest) == 0
    }

    private static func bytes(_ address: String) -> [UInt8]? {
        switch try? SocketAddress(ipAddress: address, port: 0) {
        case .v4(let parsed)?:
            let bytes = withUnsafeBytes(of: parsed.address.sin_addr) { Array($0) }
            return [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + bytes
        case .v6(let parsed)?:
            return withUnsafeBytes(of: parsed.address.sin6_addr) { Array($0) }
        case .unixDomainSocket?, nil:
            return nil
        }
    }
}
