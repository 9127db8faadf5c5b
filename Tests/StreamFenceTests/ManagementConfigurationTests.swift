import Testing

@testable import StreamFence

@Suite("The configuration of the management port")
struct ManagementConfigurationTests {
    @Test(
        "This machine's own addresses need no token",
        arguments: ["127.0.0.1", "127.1.2.3", "::1", "localhost"]
    )
    func loopback(host: String) {
        #expect(ManagementConfiguration(host: host, port: 0).problems().isEmpty)
    }

    @Test(
        "Any other address needs one",
        arguments: [
            "0.0.0.0", "::", "192.0.2.1", "128.0.0.1", "1.0.0.127", "localhost.example.com", "127.example.com",
            "::ffff:1.2.3.4",
        ]
    )
    func others(host: String) {
        let expected =
            "management.host: expected this machine's own, such as 127.0.0.1, without a token, found \"\(host)\""
        #expect(ManagementConfiguration(host: host, port: 0).problems().map(\.description) == [expected])
        #expect(ManagementConfiguration(host: host, port: 0, token: "secret").problems().isEmpty)
    }

    @Test(
        "A token that no header could carry is refused, and not repeated",
        arguments: ["", "not shown", "nöt", "a\nb"]
    )
    func tokens(token: String) {
        let problems = ManagementConfiguration(port: 0, token: token).problems().map(\.description)
        #expect(problems == ["management.token: expected 1 or more visible ASCII characters, as a header carries them"])
    }
}
