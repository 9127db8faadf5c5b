import NIOCore

/// Where a process is looked after: `management: {host, port, token}` at the top level of the configuration file.
///
/// `StreamFenceManagement` serves it.
public struct ManagementConfiguration: Sendable, Equatable {
    /// The address to bind, default `127.0.0.1`. Any other than this machine's own needs a ``token``.
    public var host: String
    /// The port to bind; 0 asks the system for a free one.
    public var port: Int
    /// What calls of the API have to send as `Authorization: Bearer`; nil, the default, asks for none.
    public var token: String?

    /// Nothing is checked here, see ``problems(at:)``. The parameters are the properties.
    public init(host: String = "127.0.0.1", port: Int, token: String? = nil) {
        self.host = host
        self.port = port
        self.token = token
    }

    /// Every rule this configuration breaks; empty when it can be served.
    ///
    /// - Parameter path: what to put before each key, default `management`.
    public func problems(at path: String = "management") -> [ConfigurationProblem] {
        var found = ProblemList(path: path)
        found.require((0...65_535).contains(port), "port", "expected 0 to 65535, found \(port)")
        found.require(!host.isEmpty, "host", "expected an address to bind, found an empty one")
        if let token {
            // What it is stays out of the message.
            found.require(
                !token.isEmpty && token.utf8.allSatisfy { (0x21...0x7E).contains($0) },
                "token",
                "expected 1 or more visible ASCII characters, as a header carries them"
            )
        } else if !host.isEmpty, !isLoopback {
            found.add("host", "expected this machine's own, such as 127.0.0.1, without a token, found \"\(host)\"")
        }
        return found.problems
    }

    private var isLoopback: Bool {
        if host == "localhost" { return true }
        switch try? SocketAddress(ipAddress: host, port: 0) {
        case .v4(let address): return UInt32(bigEndian: address.address.sin_addr.s_addr) >> 24 == 127
        case .v6?: return host == "::1"
        case .unixDomainSocket?, nil: return false
        }
    }
}
