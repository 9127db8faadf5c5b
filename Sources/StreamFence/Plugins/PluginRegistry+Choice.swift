import StreamFencePluginKit

// What a configuration chooses: looked up, checked and made.
extension PluginRegistry {
    /// Reports what is wrong with a choice: a name nobody has, or options that its plugin refuses.
    func check(_ choice: PluginChoice, _ kind: PluginKind, _ found: inout ProblemList) {
        guard let entry = entry(kind, choice.use) else {
            let names = names(kind)
            let hint = nearest(to: choice.use, in: names).map { "; did you mean \($0)?" } ?? ""
            let expected =
                names.isEmpty ? "no \(kind.rawValue) is known" : "expected one of \(names.joined(separator: ", "))"
            found.add("use", "\(expected), found \"\(choice.use)\"\(hint)")
            return
        }
        do {
            try entry.component.check(choice.options)
        } catch {
            found.nested("options") { $0.add(error) }
        }
    }

    func overflowPolicy(_ choice: PluginChoice) throws -> any OverflowPolicy {
        guard case .overflowPolicy(let make, _)? = entry(.overflowPolicy, choice.use)?.component.factory else {
            throw UnknownPlugin(kind: .overflowPolicy, name: choice.use)
        }
        return try make(PluginSettings(options: choice.options)).policy
    }

    func spillStore(_ choice: PluginChoice, in folder: String) throws -> any SpillStore {
        guard case .spillStore(let make)? = entry(.spillStore, choice.use)?.component.factory else {
            throw UnknownPlugin(kind: .spillStore, name: choice.use)
        }
        return try make(PluginSettings(options: choice.options, folder: folder))
    }

    func tokenValidator(_ choice: PluginChoice) throws -> any TokenValidator {
        guard case .tokenValidator(let make)? = entry(.tokenValidator, choice.use)?.component.factory else {
            throw UnknownPlugin(kind: .tokenValidator, name: choice.use)
        }
        return try make(PluginSettings(options: choice.options))
    }

    package func metricsSink(_ choice: PluginChoice) throws -> any MetricsSink {
        guard case .metricsSink(let make)? = entry(.metricsSink, choice.use)?.component.factory else {
            throw UnknownPlugin(kind: .metricsSink, name: choice.use)
        }
        return try make(PluginSettings(options: choice.options))
    }
}

/// Only where a configuration was not checked first.
struct UnknownPlugin: Error, CustomStringConvertible {
    let kind: PluginKind
    let name: String

    var description: String { "no \(kind.rawValue) has the name \"\(name)\"" }
}

extension ProblemList {
    /// What a plugin says about its options, each under the option's name.
    mutating func add(_ error: any Error) {
        guard let error = error as? PluginOptionsError else { return add("", "\(error)") }
        for problem in error.problems { add(problem.name, problem.message) }
    }
}
