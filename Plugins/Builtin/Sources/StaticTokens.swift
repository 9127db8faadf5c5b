import StreamFencePluginKit

/// `static`: a fixed list of tokens, each with the principal it belongs to.
public struct StaticTokens: TokenValidator {
    private let entries: [(principal: String, token: [UInt8])]

    /// - Parameter tokens: the tokens by principal, none of them empty and no two the same.
    public init(tokens: [String: String]) {
        entries = tokens.sorted { $0.key < $1.key }.map { (principal: $0.key, token: Array($0.value.utf8)) }
    }

    /// Compares with every token in full, whatever it has found: how long that takes tells nothing of any of them but its
    /// length.
    public func validate(_ request: TokenRequest) async -> TokenDecision {
        let token = Array(request.token.utf8)
        var found: Int?
        for index in entries.indices where isEqual(entries[index].token, token) { found = index }
        guard let found else { return .reject(reason: "no such token") }
        return .accept(principal: entries[found].principal)
    }

    private func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }
}

extension StaticTokens {
    /// Reads `tokens`; no message shows one.
    init(_ options: inout PluginOptions) {
        let tokens = options.secretsByName("tokens")
        var owners: [String: String] = [:]
        for (principal, token) in tokens.sorted(by: { $0.key < $1.key }) {
            if principal.isEmpty { options.refuse("tokens", "expected a principal for each token, found an empty one") }
            if token.isEmpty { options.refuse("tokens.\(principal)", "expected a token, found an empty one") }
            if let owner = owners.updateValue(principal, forKey: token), !token.isEmpty {
                options.refuse("tokens.\(principal)", "expected a token of its own, found that of \(owner)")
            }
        }
        self.init(tokens: tokens)
    }
}
