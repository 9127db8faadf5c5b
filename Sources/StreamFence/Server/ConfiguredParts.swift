import StreamFencePluginKit

/// Makes the parts that a configuration chooses, and keeps what is wrong with them: all of it is told at once.
struct ConfiguredParts {
    private var found: ProblemList

    /// - Parameter server: its name.
    init(of server: String) {
        found = ProblemList(path: "servers.\(server)")
    }

    /// - Parameters:
    ///   - key: where the part is chosen. What is wrong with its options stands there.
    ///   - folder: where anything else that is wrong stands; by default there too.
    /// - Returns: nil where the part could not be made.
    mutating func make<Part>(_ key: String, inFolder folder: String? = nil, _ make: () throws -> Part) -> Part? {
        do {
            return try make()
        } catch let error as PluginOptionsError {
            found.nested(key) { $0.nested("options") { $0.add(error) } }
        } catch {
            found.nested(folder ?? key) { $0.add(error) }
        }
        return nil
    }

    /// - Throws: everything that was wrong, once where several namespaces met with it.
    func confirm() throws(ConfigurationError) {
        var problems: [ConfigurationProblem] = []
        for problem in found.problems where !problems.contains(problem) { problems.append(problem) }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }
}
