import StreamFencePluginKit

/// What the plugin's options say.
struct Settings: Sendable {
    /// Where keys come from.
    enum KeySource: Sendable {
        case secret(String)
        case file(String, KeyFormat)
    }

    var source: KeySource
    var issuer: String?
    var audience: String?
    var leeway: Duration
    var requireExpiry: Bool
    var principalClaim: String
    var subscribeClaim: String?
    var publishClaim: String?
    var reload: Duration

    init(_ options: inout PluginOptions) {
        source = Self.source(&options)
        issuer = options.optionalText("issuer")
        audience = options.optionalText("audience")
        leeway = options.milliseconds("leewayMs", in: 0...3_600_000, default: .zero)
        requireExpiry = options.flag("requireExpiry", default: true)
        principalClaim = options.text("principalClaim", default: "sub")
        subscribeClaim = options.optionalText("subscribeClaim")
        publishClaim = options.optionalText("publishClaim")
        reload = options.milliseconds("reloadMs", in: 10...3_600_000, default: .seconds(1))
        if case .secret = source {
            options.require(false, for: "reloadMs", by: "secret", "has an effect with a file of keys only")
        }
    }

    private static func source(_ options: inout PluginOptions) -> KeySource {
        var given: [(name: String, source: KeySource)] = []
        if let text = options.optionalSecret("secret") {
            if text.utf8.count < KeySet.leastSecretBytes {
                // Its length is nothing for a message, let alone the secret.
                options.refuse("secret", "expected at least \(KeySet.leastSecretBytes) bytes, found fewer")
            }
            given.append(("secret", .secret(text)))
        }
        for format in KeyFormat.allCases {
            if let path = options.optionalText(format.rawValue) {
                given.append((format.rawValue, .file(path, format)))
            }
        }
        if given.count != 1, options.problems.isEmpty {
            let found = given.isEmpty ? "none" : given.map(\.name).joined(separator: " and ")
            options.refuse("", "expected one of secret, \(KeyFormat.names), found \(found)")
        }
        return given.first?.source ?? .secret("")
    }
}

/// What a file of keys holds; the raw values are the options that name it.
enum KeyFormat: String, Sendable, CaseIterable {
    case secret = "secretFile"
    case pem = "pemFile"
    case jwks = "jwksFile"

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
