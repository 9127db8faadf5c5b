import StreamFence
import StreamFencePluginKit

/// Nodes -> configuration, by the schema.
///
/// 1. Reports unknown, misplaced, repeated, missing and not yet available keys.
/// 2. Has the plugins loaded before it judges the servers, which may name them.
/// 3. Remembers the line of every path, so that the rules of ``ServerConfiguration/problems(at:registry:)`` can be given one.
/// 4. Remembers what it could not read, so that no rule complains of the default that stands in for it.
struct ConfigurationDecoder {
    let environment: [String: String]
    private let loader: PluginLoader
    private(set) var plugins = PluginsConfiguration()
    /// Nil where something is wrong with them: nobody then knows which names there would be.
    private(set) var loaded: LoadedPlugins?
    private(set) var servers: [ServerConfiguration] = []
    private(set) var management: ManagementConfiguration?
    private(set) var problems: [ConfigurationFileProblem] = []
    var places: ConfigurationPlaces
    private var misread: Set<String> = []

    init(file: String, environment: [String: String], loader: PluginLoader) {
        places = ConfigurationPlaces(file: file)
        self.environment = environment
        self.loader = loader
    }

    mutating func decode(_ root: ConfigurationNode) {
        guard let entries = entries(of: root, at: "", expected: "a section with servers:") else { return }
        for entry in unique(entries, at: "") {
            if entry.key == "management" {
                decodeManagement(entry)
            } else if !ConfigurationSchema.file.available.contains(entry.key) {
                refuse(entry, at: entry.key, in: ConfigurationSchema.file, beside: Set(entries.map(\.key)))
            }
        }
        decodePlugins(entries.first { $0.key == "plugins" })
        guard let servers = entries.first(where: { $0.key == "servers" }) else {
            if !misread.contains("servers") {
                report(root.line, "servers", "required key is missing")
            }
            return
        }
        decodeServers(servers)
    }

    private mutating func decodePlugins(_ entry: ConfigurationNode.Entry?) {
        let before = problems.count
        if let entry {
            places.lines["plugins"] = entry.line
            plugins = section(entry.value, at: "plugins", line: entry.line, ConfigurationSchema.plugins) ?? plugins
        }
        // What was misread is no file to load.
        guard problems.count == before else { return }
        do {
            loaded = try loader.load(plugins)
        } catch {
            for problem in error.problems { report(places.line(around: problem.path), problem.path, problem.message) }
        }
    }

    private mutating func decodeManagement(_ entry: ConfigurationNode.Entry) {
        places.lines["management"] = entry.line
        management = section(entry.value, at: "management", line: entry.line, ConfigurationSchema.management)
        if let management { add(management.problems(), at: "management") }
    }

    private mutating func decodeServers(_ entry: ConfigurationNode.Entry) {
        places.lines["servers"] = entry.line
        let expected = "a section of servers by name"
        guard let entries = entries(of: entry.value, at: "servers", line: entry.line, expected: expected) else {
            return
        }
        guard !entries.isEmpty else {
            report(entry.line, "servers", "expected at least one server, found none")
            return
        }
        for entry in unique(entries, at: "servers") {
            let path = "servers.\(entry.key)"
            places.lines[path] = entry.line
            guard isName(entry, at: path) else { continue }
            let section = ConfigurationSchema.server
            guard var server = self.section(entry.value, at: path, line: entry.line, section) else { continue }
            server.name = entry.key
            add(server.problems(at: path, registry: loaded?.registry ?? .builtin), at: path)
            servers.append(server)
        }
    }

    private mutating func isName(_ entry: ConfigurationNode.Entry, at path: String) -> Bool {
        if entry.key.isEmpty {
            report(entry.line, path, "expected a name for the server, found an empty one")
        } else if entry.key.contains("${") {
            report(entry.line, path, "variables are replaced in values, not in names")
        } else {
            return true
        }
        return false
    }

    // MARK: - Rules across keys

    /// Adds what the rules say of a section, but for what rests on something that could not be read.
    private mutating func add(_ problems: [ConfigurationProblem], at path: String) {
        var found: [ConfigurationFileProblem] = []
        // What rests on a key of any item of a list names it with empty brackets.
        let itemsMisread = Set(misread.map { $0.replacing(#/\[[0-9]+\]/#, with: "[]") })
        for problem in problems {
            let around = [problem.path] + ConfigurationPlaces.ancestors(of: problem.path)
            let name = problem.path.dropFirst(path.count + 1).split(separator: ".").last.map(String.init) ?? ""
            if name == "use", loaded == nil { continue }
            let others = ConfigurationSchema.judgedWith[name, default: []]
            let keys = around.flatMap { place in others.map { "\(place).\($0)" } }
            let restsOn = around + keys
            guard misread.isDisjoint(with: restsOn), itemsMisread.isDisjoint(with: restsOn) else { continue }
            // Without a secret there may be no `staticTokens`.
            let secrets = keys.filter { $0.hasSuffix(".staticTokens") }
            guard !misread.contains(where: { part in secrets.contains { part.hasPrefix("\($0).") } }) else { continue }
            found.append(places.locate(problem))
        }
        // Added together: one broken rule must not hide another that rests on the same key.
        self.problems += found
    }

    // MARK: - Sections

    /// Reads a section by its schema. `nil` where it is none; a problem within leaves the default of the key in question.
    ///
    /// - Parameter line: that of its key, where it has one: that is where a missing key is best pointed out.
    mutating func section<Target>(
        _ node: ConfigurationNode,
        at path: String,
        line: Int? = nil,
        _ schema: SchemaSection<Target>
    ) -> Target? {
        guard let entries = entries(of: node, at: path, line: line, expected: "a section") else { return nil }
        var target = schema.start
        let present = Set(entries.map(\.key))
        for entry in unique(entries, at: path) {
            let place = "\(path).\(entry.key)"
            places.lines[place] = entry.line
            if let key = schema.keys.first(where: { $0.name == entry.key }), key.need != .unavailable {
                key.read(&self, entry.value, place, &target)
            } else {
                refuse(entry, at: place, in: schema.place, beside: present)
            }
        }
        for key in schema.keys where key.need == .required && !present.contains(key.name) {
            let place = "\(path).\(key.name)"
            if !misread.contains(place) {
                report(line ?? node.line, place, "required key is missing")
            }
        }
        return target
    }

    mutating func list<Element>(
        _ node: ConfigurationNode,
        at path: String,
        _ read: (inout ConfigurationDecoder, ConfigurationNode, String) -> Element
    ) -> [Element]? {
        guard case .list(let items) = node.content else {
            expected("a list", node, at: path)
            return nil
        }
        return items.enumerated().map { index, item in
            let place = "\(path)[\(index)]"
            places.lines[place] = item.line
            return read(&self, item, place)
        }
    }

    mutating func entries(
        of node: ConfigurationNode,
        at path: String,
        line: Int? = nil,
        expected wanted: String
    ) -> [ConfigurationNode.Entry]? {
        guard case .section(let entries) = node.content else {
            expected(wanted, node, at: path, line: line)
            return nil
        }
        return entries
    }

    /// The first entry of each key; the others are reported.
    mutating func unique(_ entries: [ConfigurationNode.Entry], at path: String) -> [ConfigurationNode.Entry] {
        var first: [String: Int] = [:]
        return entries.filter { entry in
            guard let line = first[entry.key] else {
                first[entry.key] = entry.line
                return true
            }
            let place = path.isEmpty ? entry.key : "\(path).\(entry.key)"
            report(entry.line, place, "duplicate key; it already stands on line \(line)")
            return false
        }
    }

    /// A key that this section does not take: why, and what may have been meant.
    private mutating func refuse(
        _ entry: ConfigurationNode.Entry,
        at path: String,
        in place: SchemaPlace,
        beside present: Set<String>
    ) {
        if place.unavailable.contains(entry.key) {
            report(entry.line, path, "\(entry.key) is not available in this version")
            return
        }
        // Its own section first: of equally near names that one is meant.
        let places = [place] + ConfigurationSchema.places.filter { $0.title != place.title }
        let known = places.flatMap { place in
            place.available.map { (name: $0, place: place, caveat: "") }
                + place.unavailable.map { (name: $0, place: place, caveat: " and is not available in this version") }
        }
        guard let meant = nearest(to: entry.key, in: known, name: { $0.name }) else {
            report(entry.line, path, "unknown key; \(place.title) takes \(place.available.joined(separator: ", "))")
            return
        }
        if meant.name == entry.key {
            report(entry.line, path, "misplaced key; it belongs in \(meant.place.title)\(meant.caveat)")
        } else if meant.place.title == place.title {
            let caveat = meant.caveat.isEmpty ? "" : " It is not available in this version."
            report(entry.line, path, "unknown key; did you mean \(meant.name)?\(caveat)")
            // The key was meant: neither is it missing, nor does a rule speak of what the file says. Where it stands
            // beside its misspelling it speaks for itself.
            if !present.contains(meant.name) { misread.insert(path.dropLast(entry.key.count) + meant.name) }
        } else {
            let home = "which belongs in \(meant.place.title)\(meant.caveat)"
            report(entry.line, path, "unknown key; did you mean \(meant.name), \(home)?")
        }
    }

    // MARK: - Problems

    mutating func expected(_ wanted: String, _ node: ConfigurationNode, at path: String, line: Int? = nil) {
        report(line ?? node.line, path, "expected \(wanted), found \(node.found)")
    }

    mutating func report(_ line: Int?, _ path: String, _ message: String) {
        misread.insert(path)
        problems.append(ConfigurationFileProblem(file: places.file, line: line, path: path, message: message))
    }
}
