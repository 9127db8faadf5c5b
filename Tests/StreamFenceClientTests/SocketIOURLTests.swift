import StreamFenceClient
import Testing

@Suite("A URL names a server and a namespace")
struct SocketIOURLTests {
    @Test(
        "what is left out is filled in",
        arguments: [
            ("http://127.0.0.1:3000/feed", "127.0.0.1", 3000, "/feed"),
            ("ws://example.org:1/a/b", "example.org", 1, "/a/b"),
            ("HTTP://example.org:65535", "example.org", 65_535, "/"),
            ("http://example.org", "example.org", 80, "/"),
            ("http://example.org/", "example.org", 80, "/"),
            ("http://[::1]:3000/feed/", "::1", 3000, "/feed/"),
            ("http://[::1]", "::1", 80, "/"),
            ("http://h/ü", "h", 80, "/ü"),
            ("https://h/feed", "h", 443, "/feed"),
            ("wss://h:8443", "h", 8443, "/"),
        ]
    )
    func parsed(text: String, host: String, port: Int, namespace: String) throws {
        let url = try SocketIOURL(text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.namespace == namespace)
        #expect(url.path == "/socket.io/")
        #expect(try SocketIOURL(url.description) == url)
    }

    @Test(
        "what cannot be reached is refused, in one line",
        arguments: [
            ("ftp://h", "expected http://, https://, ws:// or wss://, found ftp://"),
            ("localhost:3000/feed", "expected http://host:port/namespace, found localhost:3000/feed"),
            ("", "expected http://host:port/namespace, found "),
            ("http://", "expected a host name or address, found \"\""),
            ("http://:80", "expected a host name or address, found \":80\""),
            ("http://user:pw@h", "expected a port from 1 to 65535, found \"pw@h\""),
            ("http://user@h", "expected a host name or address, found \"user@h\""),
            ("http://[::1", "expected a host name or address, found \"[::1\""),
            ("http://h:", "expected a port from 1 to 65535, found \"\""),
            ("http://h:0", "expected a port from 1 to 65535, found \"0\""),
            ("http://h:65536", "expected a port from 1 to 65535, found \"65536\""),
            ("http://h:+80", "expected a port from 1 to 65535, found \"+80\""),
            ("http://[::1]80", "expected a port from 1 to 65535, found \"0\""),
            ("http://h/a?token=x", "expected a namespace such as /feed and nothing behind it, found \"?\""),
            ("http://h?token=x", "expected a namespace such as /feed and nothing behind it, found \"?\""),
            ("http://h/a,b", "expected a namespace such as /feed and nothing behind it, found \",\""),
        ]
    )
    func refused(text: String, message: String) {
        let error = #expect(throws: SocketIOURLError.self) { try SocketIOURL(text) }
        #expect(error?.description == message)
    }
}
