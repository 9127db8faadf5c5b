import NIOCore
import StreamFenceSocketIO
import Testing

@Suite("Packets are written and read as in the Socket.IO 5 protocol")
struct SocketPacketCodecTests {
    /// The examples of the protocol document, and the shapes between them.
    static let examples: [(text: String, packet: SocketPacket)] = {
        func data(_ json: String) -> JSONFragment? { try? JSONFragment(validating: json) }
        return [
            ("0", SocketPacket(kind: .connect)),
            (#"0{"token":"123"}"#, SocketPacket(kind: .connect, data: data(#"{"token":"123"}"#))),
            (
                #"0/admin,{"sid":"oSO0OpakMV_3jnilAAAA"}"#,
                SocketPacket(kind: .connect, namespace: "/admin", data: data(#"{"sid":"oSO0OpakMV_3jnilAAAA"}"#))
            ),
            ("0/admin,", SocketPacket(kind: .connect, namespace: "/admin")),
            (
                #"4{"message":"Not authorized"}"#,
                SocketPacket(kind: .connectError, data: data(#"{"message":"Not authorized"}"#))
            ),
            (#"4/a,"no""#, SocketPacket(kind: .connectError, namespace: "/a", data: data(#""no""#))),
            (#"2["foo"]"#, SocketPacket(kind: .event, data: data(#"["foo"]"#))),
            (#"2/admin,["bar"]"#, SocketPacket(kind: .event, namespace: "/admin", data: data(#"["bar"]"#))),
            (#"212["foo"]"#, SocketPacket(kind: .event, id: 12, data: data(#"["foo"]"#))),
            (#"3/admin,13["bar"]"#, SocketPacket(kind: .ack, namespace: "/admin", id: 13, data: data(#"["bar"]"#))),
            ("30[]", SocketPacket(kind: .ack, id: 0, data: data("[]"))),
            ("318446744073709551615[]", SocketPacket(kind: .ack, id: .max, data: data("[]"))),
            ("2[5,1]", SocketPacket(kind: .event, data: data("[5,1]"))),
            ("2/日本,[\"é\"]", SocketPacket(kind: .event, namespace: "/日本", data: data("[\"é\"]"))),
            ("1", SocketPacket(kind: .disconnect)),
            ("1/admin,", SocketPacket(kind: .disconnect, namespace: "/admin")),
        ]
    }()

    @Test("both ways", arguments: examples)
    func bothWays(text: String, packet: SocketPacket) throws {
        #expect(try decode(text) == packet)
        #expect(String(buffer: SocketPacketEncoder.text(of: packet)) == text)
        try packet.validate()
    }

    @Test(
        "a namespace may end with the packet, as the official test suite has it",
        arguments: ["0/random", "1/random"]
    )
    func namespaceWithoutComma(text: String) throws {
        #expect(try decode(text)?.namespace == "/random")
    }

    @Test(
        "a query string is no part of the namespace",
        arguments: [("0/admin?token=1&b=2,{}", "/admin"), ("0/admin?", "/admin"), ("2/?a,[\"x\"]", "/")]
    )
    func queryString(text: String, namespace: String) throws {
        #expect(try decode(text)?.namespace == namespace)
    }

    @Test("namespaces are told apart and repeated on one connection, short and long")
    func namespacesOfAConnection() throws {
        var decoder = SocketPacketDecoder()
        let long = "/" + String(repeating: "n", count: 40)
        for namespace in [long, long, "/", long + "x", long, "/a", "/é", "/a"] {
            let packet = try decoder.receive(text: ByteBuffer(string: "2\(namespace),[\"e\"]"))
            #expect(packet?.namespace == namespace)
        }
    }

    @Test("an event has a name and arguments, which are relayed byte for byte")
    func eventAccessors() throws {
        let packet = try #require(try decode(#"2/feed,7["pub\u006cish", {"a" : 1.0} ,null]"#))
        #expect(packet.eventName == "publish")
        #expect(packet.arguments.map(\.json) == [#"{"a" : 1.0}"#, "null"])
        #expect(packet.argument(at: 1)?.json == "null")
        #expect(packet.argument(at: 2) == nil)
        #expect(packet.argument(at: -1) == nil)
        #expect(packet.argument(at: .max) == nil)
        #expect(try decode("2[12,1]")?.eventName == "12")
        let ack = try #require(try decode("31[1,2]"))
        #expect(ack.eventName == nil)
        #expect(ack.arguments.map(\.int) == [1, 2])
        #expect(ack.argument(at: 0)?.int == 1)
        let connect = try #require(try decode("0{}"))
        #expect(connect.arguments.isEmpty && connect.argument(at: 0) == nil && connect.eventName == nil)
    }

    @Test("white space around the data is tolerated, as by JSON.parse")
    func whitespace() throws {
        #expect(try decode("2 [\"a\"]\n")?.data?.json == "[\"a\"]")
    }

    @Test(
        "names that only resemble the reserved ones are allowed",
        arguments: ["Connect", "connect ", "disconnected", "error"]
    )
    func similarNames(name: String) throws {
        #expect(try decode("2[\"\(name)\"]")?.eventName == name)
    }

    @Test("a plain event may hold what looks like a placeholder, and keeps it")
    func placeholderInPlainEvent() throws {
        let text = #"2["a",{"_placeholder":true,"num":7}]"#
        let packet = try #require(try decode(text))
        #expect(String(buffer: SocketPacketEncoder.text(of: packet)) == text)
    }

    @Test("an event is joined from its name and raw arguments")
    func joinedEvents() throws {
        let arguments = try [JSONFragment(validating: "{\"a\" :1}"), JSONFragment(string: "x")]
        let event = SocketPacketEncoder.eventText(namespace: "/feed", event: "a\"b", arguments: arguments, id: 3)
        #expect(String(buffer: event) == #"2/feed,3["a\"b",{"a" :1},"x"]"#)
        #expect(String(buffer: SocketPacketEncoder.eventText(event: "e", arguments: [])) == #"2["e"]"#)
        let binary = SocketPacketEncoder.eventText(event: "e", arguments: arguments, attachments: 2)
        #expect(String(buffer: binary) == #"52-["e",{"a" :1},"x"]"#)
        var framed = ByteBuffer(string: "4")
        SocketPacketEncoder.writeEvent(event: "e", rawArguments: [ByteBuffer(string: "1")], to: &framed)
        #expect(String(buffer: framed) == #"42["e",1]"#)
    }

    @Test("an acknowledgement is joined from raw arguments")
    func joinedAcknowledgements() throws {
        let ok = try JSONFragment(validating: "{\"ok\":true}")
        #expect(String(buffer: SocketPacketEncoder.ackText(id: 5, arguments: [ok])) == #"35[{"ok":true}]"#)
        #expect(String(buffer: SocketPacketEncoder.ackText(namespace: "/a", id: 0, arguments: [])) == "3/a,0[]")
        let binary = SocketPacketEncoder.ackText(id: 5, arguments: [ok, ok], attachments: 1)
        #expect(String(buffer: binary) == #"61-5[{"ok":true},{"ok":true}]"#)
    }

    @Test("the data of a packet shares the storage of the message")
    func sharedStorage() throws {
        let message = ByteBuffer(string: #"2/feed,["publish",{"a":1}]"#)
        var decoder = SocketPacketDecoder()
        let packet = try #require(try decoder.receive(text: message))
        let start = message.withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) }
        #expect(packet.data?.buffer.withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) } == start + 7)
    }
}
