import StreamFencePluginKit
import Testing

@testable import StreamFenceBuiltin

@Suite("The token validators that come with StreamFence")
struct TokenValidatorTests {
    private func decision(of validator: some TokenValidator, on token: String) async throws -> TokenDecision {
        try await validator.validate(
            TokenRequest(token: token, namespace: "/feed", topic: "a", action: .subscribe, remoteAddress: "127.0.0.1")
        )
    }

    @Test(
        "A token of the list is its principal's, whole and as it is written, and no other one is anybody's",
        arguments: [
            ("s3cret", "alice"), ("söcret", "bob"), ("", nil), ("s3cre", nil), ("s3crett", nil), ("S3cret", nil),
            ("alice", nil), ("so\u{308}cret", nil),
        ]
    )
    func listed(token: String, principal: String?) async throws {
        let validator = StaticTokens(tokens: ["alice": "s3cret", "bob": "söcret"])
        let expected = principal.map { TokenDecision.accept(principal: $0) } ?? .reject(reason: "no such token")
        #expect(try await decision(of: validator, on: token) == expected)
    }

    @Test("deny-all refuses whatever it is asked")
    func denied() async throws {
        #expect(try await decision(of: DenyAll(), on: "any") == .reject(reason: "deny-all refuses every token"))
    }

    @Test(
        "What is wrong with a list is said without showing a token",
        arguments: [
            ([:], ["tokens: expected text by name, found nothing"]),
            (["tokens": [:]], ["tokens: expected text by name, found an empty section"]),
            (["tokens": "s3cret"], ["tokens: expected text by name, found text"]),
            (["tokens": ["alice": 12_345]], ["tokens.alice: expected text in quotes, found a number"]),
            (["tokens": ["alice": ""]], ["tokens.alice: expected a token, found an empty one"]),
            (["tokens": ["": "s3cret"]], ["tokens: expected a principal for each token, found an empty one"]),
            (
                ["tokens": ["alice": "s3cret", "bob": "s3cret"]],
                ["tokens.bob: expected a token of its own, found that of alice"]
            ),
        ] as [([String: PluginOption], [String])]
    )
    func wrong(options: [String: PluginOption], problems: [String]) {
        #expect {
            _ = try PluginOptions.read(options, of: "static") { StaticTokens(&$0) }
        } throws: { error in
            "\(error)" == problems.joined(separator: "\n")
        }
    }
}
