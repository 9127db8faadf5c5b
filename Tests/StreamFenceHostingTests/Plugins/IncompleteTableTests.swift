import CStreamFencePlugin
import Testing

@testable import StreamFenceHosting

/// A kind of component, and what its table has to have.
struct TableKind: Sendable, CustomTestStringConvertible {
    let title: String
    let code: Int
    let size: Int
    /// Those that have to be there, in the order of the table.
    let functions: [String]

    var testDescription: String { title }

    /// - Parameter missing: the function that is a null pointer.
    func fixture(size: Int? = nil, missing: String? = nil) throws -> Fixture {
        let functions = functions.map { $0 == missing ? "absent" : "present" }.joined(separator: ",")
        let definitions = ["-DKIND=\(code)", "-DSIZE=\(size ?? self.size)", "-DFUNCTIONS=\(functions)"]
        return try Fixture("incomplete-table.c", flags: ["-shared", "-fPIC"] + definitions)
    }
}

private let kinds = [
    TableKind(
        title: "overflow policy",
        code: Int(SF_OVERFLOW_POLICY),
        size: MemoryLayout<sf_overflow_policy>.size,
        functions: ["decide"]
    ),
    TableKind(
        title: "token validator",
        code: Int(SF_TOKEN_VALIDATOR),
        size: MemoryLayout<sf_token_validator>.size,
        functions: ["validate"]
    ),
    TableKind(
        title: "spill store",
        code: Int(SF_SPILL_STORE),
        size: MemoryLayout<sf_spill_store>.size,
        functions: ["append", "read", "release", "drop", "lanes"]
    ),
    // Either of its functions would do.
    TableKind(
        title: "metrics sink",
        code: Int(SF_METRICS_SINK),
        size: MemoryLayout<sf_metrics_sink>.size,
        functions: ["export_snapshot or render"]
    ),
]

@Suite("Tables of functions that are not whole")
struct IncompleteTableTests {
    @Test("A table that says it is smaller than that of its kind", arguments: kinds)
    func short(kind: TableKind) throws {
        let refusal = try kind.fixture(size: kind.size - 1).refusal()
        #expect(refusal?.code == .wrongSize)
        #expect(
            refusal?.message == "plugin FOLDER/incomplete-table.so: expected the table of \(kind.title) fixture "
                + "to have \(kind.size) bytes, found \(kind.size - 1)"
        )
    }

    @Test("A table that lacks one of the functions that its kind needs", arguments: kinds)
    func missing(kind: TableKind) throws {
        for function in kind.functions {
            let refusal = try kind.fixture(missing: function).refusal()
            #expect(refusal?.code == .missingFunction)
            #expect(
                refusal?.message == "plugin FOLDER/incomplete-table.so: expected \(kind.title) fixture to have "
                    + "\(function), found a null pointer"
            )
        }
    }

    @Test("A table that has what its kind needs, and nothing else, is taken", arguments: kinds)
    func whole(kind: TableKind) throws {
        #expect(try kind.fixture().refusal() == nil)
    }
}
