import Testing

@testable import StreamFenceHosting

@Suite("Variables of the environment")
struct VariableTests {
    private func replace(_ text: String, _ environment: [String: String] = [:]) throws -> String {
        try replaceVariables(in: text, from: environment).text
    }

    @Test("A variable is replaced wherever it stands in a value")
    func replaced() throws {
        #expect(try replace("${A}", ["A": "x"]) == "x")
        #expect(try replace("-${A}${B_2}-", ["A": "x", "B_2": "y"]) == "-xy-")
        #expect(try replace("é${A}é", ["A": "ü"]) == "éüé")
    }

    @Test("A default serves where the variable is unset or empty")
    func defaults() throws {
        #expect(try replace("${A:-x:-y}") == "x:-y")
        #expect(try replace("${A:-x}", ["A": ""]) == "x")
        #expect(try replace("${A:-x}", ["A": "y"]) == "y")
        #expect(try replace("${A:-}") == "")
        #expect(try replace("${A}", ["A": ""]) == "")
    }

    @Test("A doubled dollar stands for a literal one, and a lone dollar for itself")
    func escaped() throws {
        #expect(try replace("$${A}") == "${A}")
        #expect(try replace("$$${A}") == "$${A}")
        #expect(try replace("$A $ $$ ${A}$", ["A": "x"]) == "$A $ $$ x$")
    }

    @Test("What a variable holds is not looked at again")
    func notTwice() throws {
        #expect(try replace("${A}", ["A": "${B} $${C}"]) == "${B} $${C}")
    }

    @Test(
        "What is no variable is refused",
        arguments: ["${", "${}", "${1A}", "${A-b}", "${A:b}", "${A B}", "${Ä}", "${A:-${B}}"]
    )
    func refused(_ text: String) {
        #expect(throws: ReplacementProblem.self) { try replace(text, ["A": "x", "B": "y"]) }
    }

    @Test("An unquoted value is typed after the replacement, a quoted one stays text")
    func typed() throws {
        let yaml = feed(server: "maxPayload: ${SIZE:-4096}", namespace: "allowPolling: ${POLLING}")
        let file = try ConfigurationFile.parse(yaml, format: .yaml, environment: ["POLLING": "false"])
        #expect(file.servers.first?.maxPayload == 4096)
        #expect(file.servers.first?.namespaces.first?.allowPolling == false)
        let quoted = feed(server: #"maxPayload: "${SIZE:-4096}""#)
        #expect(
            problems(quoted) == [
                #"file:8: servers.feed.maxPayload: expected an integer, found "4096"; remove the quotes"#
            ]
        )
    }

    @Test("JSON, which can only quote a variable, takes numbers and booleans from it")
    func typedJSON() throws {
        let json = #"{"servers": {"feed": {"port": "${PORT}", "namespaces": [{"path": "/a", "topics": ["b"]}]}}}"#
        let file = try ConfigurationFile.parse(json, format: .json, environment: ["PORT": "3001"])
        #expect(file.servers.first?.port == 3001)
    }

    @Test("A value can't add structure, be taken for null or start an alias")
    func noStructure() throws {
        let yaml = feed(server: "host: ${HOST}\ntls: ${TLS}")
        for host in ["a: b", "[a, b]", "*x", "# x", "null", "~", "\"a\"", "a\n    port: 1"] {
            let environment = ["HOST": host, "TLS": "{certChainPemPath: a}"]
            let read = try ConfigurationFile.decode(yaml, format: .yaml, name: "file", environment: environment)
            #expect(read.servers.first?.host == host)
            #expect(read.servers.first?.tls == nil)
            #expect(read.problems.map(\.path) == ["servers.feed.tls"])
        }
    }

    @Test("An empty value for a number is named as what it is")
    func emptyNumber() {
        let found = problems(feed(server: "maxPayload: ${SIZE}"), environment: ["SIZE": ""])
        #expect(found == [#"file:8: servers.feed.maxPayload: expected an integer, found """#])
    }
}
