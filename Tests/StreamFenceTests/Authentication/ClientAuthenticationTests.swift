import StreamFencePluginKit
import Testing

@testable import StreamFence

@Suite("What follows from a client's token")
struct ClientAuthenticationTests {
    private func accepted(
        _ token: String = "t",
        expiresAt: Duration? = nil,
        grants: [TokenGrant]? = nil
    ) -> AcceptedToken {
        AcceptedToken(token: token, principal: "alice", expiresAt: expiresAt, grants: grants, asked: .now())
    }

    @Test("Nobody may do anything before a token was accepted")
    func stranger() {
        let client = ClientAuthentication()
        #expect(client.answer(to: .subscribe("a"), with: nil, at: .zero) == .refuse(.missing))
        #expect(client.answer(to: .publish("a"), with: "t", at: .zero) == .validate("t"))
        #expect(!client.isAuthenticated)
    }

    @Test("Without grants the validator is asked about each action on each topic, once")
    func asksOnce() {
        var client = ClientAuthentication()
        client.accept(accepted(), for: .connect)
        for token in [nil, "t"] {
            #expect(client.answer(to: .subscribe("a"), with: token, at: .zero) == .validate("t"))
        }
        client.accept(accepted(), for: .subscribe("a"))
        for token in [nil, "t"] {
            #expect(client.answer(to: .subscribe("a"), with: token, at: .zero) == .allow)
            #expect(client.answer(to: .publish("a"), with: token, at: .zero) == .validate("t"))
            #expect(client.answer(to: .subscribe("b"), with: token, at: .zero) == .validate("t"))
        }
    }

    @Test("Another token is another matter: nothing that was accepted before holds for it")
    func otherToken() {
        var client = ClientAuthentication()
        client.accept(accepted(), for: .subscribe("a"))
        #expect(client.answer(to: .subscribe("a"), with: "u", at: .zero) == .validate("u"))
        client.accept(accepted("u"), for: .publish("a"))
        #expect(client.answer(to: .subscribe("a"), with: nil, at: .zero) == .validate("u"))
        #expect(client.answer(to: .publish("a"), with: nil, at: .zero) == .allow)
        #expect(client.answer(to: .publish("a"), with: "t", at: .zero) == .validate("t"))
    }

    @Test(
        "Grants decide by themselves, and what they do not name is refused",
        arguments: [
            (TokenUse.subscribe("a"), true), (.subscribe("b"), false), (.publish("a"), false), (.publish("b"), true),
            (.publish("*"), true), (.connect, true),
        ]
    )
    func grants(use: TokenUse, isAllowed: Bool) {
        var client = ClientAuthentication()
        let grants = [TokenGrant(topic: "a", actions: [.subscribe]), TokenGrant(topic: "b", actions: [.publish])]
        let all = use.topic == "*" ? [TokenGrant(topic: "*", actions: [.publish])] : grants
        client.accept(accepted(grants: all), for: .connect)
        #expect(client.answer(to: use, with: nil, at: .zero) == (isAllowed ? .allow : .refuse(.notGranted)))
    }

    @Test("No grants at all allow nothing")
    func noGrants() {
        var client = ClientAuthentication()
        client.accept(accepted(grants: []), for: .subscribe("a"))
        #expect(client.answer(to: .subscribe("a"), with: nil, at: .zero) == .refuse(.notGranted))
    }

    @Test("A token serves until it expires, and another one may take its place")
    func expiry() {
        var client = ClientAuthentication()
        client.accept(accepted(expiresAt: .seconds(10)), for: .subscribe("a"))
        #expect(client.answer(to: .subscribe("a"), with: nil, at: .seconds(9)) == .allow)
        #expect(client.answer(to: .subscribe("a"), with: nil, at: .seconds(10)) == .refuse(.expired))
        #expect(client.answer(to: .subscribe("a"), with: "u", at: .seconds(10)) == .validate("u"))
    }

    @Test("What was just accepted is never asked about again")
    func settled() {
        let uses: [TokenUse] = [.connect, .subscribe("a"), .publish("a")]
        let grants: [[TokenGrant]?] = [nil, [], [TokenGrant(topic: "*", actions: [.subscribe])]]
        for use in uses {
            for grant in grants {
                for expiresAt in [nil, Duration.zero, .seconds(2)] {
                    var client = ClientAuthentication()
                    client.accept(accepted(expiresAt: expiresAt, grants: grant), for: use)
                    let answer = client.answer(to: use, with: "t", at: .seconds(1))
                    #expect(answer != .validate("t"))
                }
            }
        }
    }
}
