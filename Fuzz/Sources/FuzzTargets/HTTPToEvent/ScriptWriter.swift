/// Writes a ``Script`` of clients that know the protocol, and mostly keep to it, out of bytes that choose what they do: what a
/// mutation of a script hardly ever is.
struct ScriptWriter {
    private var choices: ArraySlice<UInt8>
    private(set) var script: [UInt8] = []
    /// The namespaces each client is in.
    private var joined: [[String]] = []
    private var current = 0

    /// How many steps a script has at most.
    private static let mostSteps = 100
    private static let mostClients = 6
    private static let namespaces = ["/", "/chat", "/room-1", "/room-2", "/nowhere"]

    init(_ choices: some Collection<UInt8>) {
        self.choices = Array(choices)[...]
        for _ in 0..<choose(4) { script.append(UInt8(0x40 + choose(0x40))) }
        for _ in 0..<Self.mostSteps where !self.choices.isEmpty { step() }
    }

    /// A number below `count`, from the next byte.
    private mutating func choose(_ count: Int) -> Int {
        Int(choices.popFirst() ?? 0) % count
    }

    private mutating func line(_ text: String) {
        script.append(UInt8(ascii: "\n"))
        script += text.utf8
    }

    private mutating func step() {
        guard !joined.isEmpty else { return open() }
        switch choose(32) {
        case 0...1 where joined.count < Self.mostClients: open()
        case 0...4: select()
        case 5...8: line("g")
        case 9...10: pass()
        case 11...12: upgrade()
        case 13: disturb()
        case 14...15: line("&")
        case 16...17: join(Self.namespaces[choose(5)])
        case 18: leave()
        case 19...20: line("t43\(namespace()),\(choose(100))[\(json())]")
        case 21...24: binaryEvent()
        case 25: line("r\(choose(8))")
        default: event()
        }
    }

    private mutating func open() {
        current = joined.count
        joined.append([])
        line(["p", "w", "W6", "Q6"][choose(4)])
        join(Self.namespaces[choose(4)])
    }

    private mutating func select() {
        current = choose(joined.count)
        line("\(current)")
    }

    /// Time, in which the client mostly does what keeps its session.
    private mutating func pass() {
        switch choose(8) {
        case 0:
            line("~")
            script.append(UInt8(0x40 + choose(0x30)))
        case 1:
            line("~Y")
        default:
            for text in ["~Y", "g", "t3"] { line(text) }
        }
    }

    private mutating func upgrade() {
        for text in ["g", "u", "v2probe", "v5"] where choose(8) > 0 {
            line(text)
            if choose(4) == 0 { event() }
        }
    }

    private mutating func disturb() {
        switch choose(16) {
        case 0: line("x")
        case 1: line("X")
        case 2...4: line("s")
        case 5...7: line("d")
        case 8: line("t1")
        case 9...10: line("t6")
        case 11:
            line("f")
            script += [0x88, 0x03, 0xE8]
        default:
            line("f")
            script += [0x89] + "ping".utf8
        }
    }

    private mutating func join(_ namespace: String) {
        guard !joined[current].contains(namespace) else { return event() }
        line("t40\(namespace),\(["", "{\"token\":\"a\"}"][choose(2)])")
        if namespace != "/nowhere" { joined[current].append(namespace) }
    }

    private mutating func leave() {
        let namespace = namespace()
        line("t41\(namespace),")
        joined[current].removeAll { $0 == namespace }
    }

    private mutating func event() {
        let name = name()
        let namespace = namespace()
        line("t42\(namespace),\(id())[\(name)\(choose(2) == 0 ? "" : ",\(json())")]")
        if name == "\"leave\"" { joined[current].removeAll { $0 == namespace } }
    }

    private mutating func binaryEvent() {
        let count = choose(4)
        let placeholders = (0..<count).map { "{\"_placeholder\":true,\"num\":\($0)}" }
        line("t45\(count)-\(namespace()),\(id())[\((["\"a\""] + placeholders).joined(separator: ","))]")
        for _ in 0..<count {
            line("b")
            // Any bytes but the one that ends a line.
            for _ in 0..<choose(8) { script.append(UInt8(11 + choose(245))) }
        }
    }

    /// One that the client is in, if it is in any.
    private mutating func namespace() -> String {
        let mine = joined[current]
        return mine.isEmpty || choose(64) == 63 ? Self.namespaces[choose(5)] : mine[choose(mine.count)]
    }

    private mutating func id() -> String {
        choose(2) == 0 ? "" : "\(choose(256))"
    }

    private mutating func name() -> String {
        let names = ["\"a\"", "\"say\"", "7", "\"\\u00e9\"", "\"big\"", "\"leave\"", "\"kick\""]
        return names[choose(32) < 28 ? choose(4) : 3 + choose(4)]
    }

    private mutating func json() -> String {
        let long = "\"\(String(repeating: "x", count: choose(256)))\""
        return ["null", "1.5e3", "\"é\\n\"", "[1,[2]]", "{\"a\":{\"b\":true}}", long][choose(6)]
    }
}
