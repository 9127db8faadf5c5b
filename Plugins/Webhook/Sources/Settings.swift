import StreamFencePluginKit

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the plugin's options say.
struct Settings: Sendable {
    /// Where the secret comes from that requests are signed with.
    enum SecretSource: Sendable {
        case known(Signer)
        case file(String)
    }

    var url: ServiceURL
    var secret: SecretSource?
    var caFile: String?
    var headers: [String: String]
    var sendAddress: Bool
    var timeout: Duration
    var maxConcurrent: Int
    var maxWaiting: Int
    var cache: AnswerCache.Limits

    init(_ options: inout PluginOptions) {
        url = ServiceURL(&options)
        secret = Self.secret(&options)
        caFile = options.optionalText("caFile")
        options.require(url.isEncrypted, for: "caFile", by: "url", "has an effect with an https url only")
        headers = Self.headers(&options)
        sendAddress = options.flag("sendRemoteAddress", default: true)
        timeout = options.milliseconds("timeoutMs", in: 10...60_000, default: .seconds(5))
        maxConcurrent = options.integer("maxConcurrent", in: 1...1000, default: 16)
        maxWaiting = options.integer("maxWaiting", in: 0...100_000, default: 1000)
        cache = AnswerCache.Limits(
            entries: options.integer("maxCacheEntries", in: 1...1_000_000, default: 10_000),
            lifetime: options.milliseconds("maxCacheMs", in: 0...86_400_000, default: .seconds(300)),
            refusalLifetime: options.milliseconds("maxRejectionCacheMs", in: 0...86_400_000, default: .seconds(10))
        )
    }

    private static func secret(_ options: inout PluginOptions) -> SecretSource? {
        let text = options.optionalSecret("secret")
        let file = options.optionalText("secretFile")
        guard options.problems.allSatisfy({ !["secret", "secretFile"].contains($0.name) }) else { return nil }
        switch (text, file) {
        case (let text?, nil):
            do { return .known(try Signer(secret: text)) } catch { options.refuse("secret", "\(error)") }
        case (nil, let file?):
            return .file(file)
        default:
            options.refuse("", "expected one of secret, secretFile, found \(text == nil ? "none" : "both")")
        }
        return nil
    }

    /// What the request says itself.
    private static let reserved = ["host", "connection", "transfer-encoding", "expect", "upgrade", "trailer", "te"]

    private static func headers(_ options: inout PluginOptions) -> [String: String] {
        let headers = options.secretsByName("headers", default: [:])
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
            let lower = name.lowercased()
            if !name.isHeaderName {
                options.refuse("headers.\(name)", "expected the name of a header, found another")
            } else if reserved.contains(lower) || ["content-", "webhook-"].contains(where: lower.hasPrefix) {
                options.refuse("headers.\(name)", "expected a header that the request does not have already, found one")
            } else if value.utf8.contains(where: { $0 < 0x20 || $0 > 0x7E }) {
                options.refuse("headers.\(name)", "expected ASCII without control characters, found others")
            }
        }
        return headers
    }
}

/// Where the service is.
struct ServiceURL: Sendable {
    var text: String
    var isEncrypted = true
    /// Whether nobody else can read what goes there.
    var isPrivate = true

    fileprivate init(_ options: inout PluginOptions) {
        text = options.text("url")
        guard !text.isEmpty || options.problems.isEmpty else { return }
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = url.host(), !host.isEmpty, url.user() == nil, url.password() == nil, url.fragment() == nil
        else {
            // It may hold a password.
            options.refuse("url", "expected http:// or https:// and a host, without user and fragment, found another")
            return
        }
        isEncrypted = scheme == "https"
        isPrivate = isEncrypted || ["localhost", "::1", "[::1]"].contains(host) || host.isLoopback
    }
}

extension String {
    /// RFC 9110, section 5.6.2.
    fileprivate var isHeaderName: Bool {
        let others = Array("!#$%&'*+-.^_`|~".utf8)
        return !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: others.contains(byte)
                }
            }
    }

    /// Whether it is an address of this machine, 127.0.0.0/8.
    fileprivate var isLoopback: Bool {
        hasPrefix("127.") && allSatisfy { $0 == "." || $0.isNumber }
    }
}
