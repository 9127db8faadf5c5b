import StreamFence
import StreamFencePluginKit

/// One key of a section: its name, its type, and how its value reaches the configuration.
struct SchemaKey<Target: Sendable>: Sendable {
    enum Need {
        case optional
        case required
        /// Part of the contract and not built yet: refused by name, never accepted without effect.
        case unavailable
    }

    typealias Path<Value> = WritableKeyPath<Target, Value> & Sendable
    typealias Read = @Sendable (inout ConfigurationDecoder, ConfigurationNode, String, inout Target) -> Void

    let name: String
    /// The type as the documentation words it.
    let type: String
    var need: Need = .optional
    /// Keys that the rules weigh this one against, here or in an enclosing section. Where one of them could not be read, a rule that
    /// this key breaks may only speak of the default that stands in for it.
    var judgedWith: [String] = []
    /// The default as the file would say it, for the documentation.
    private(set) var shownDefault: @Sendable (Target) -> String
    /// The rows of a section's or a list's own keys, for the documentation.
    var children: [SchemaRow] = []
    let read: Read

    /// `read` returns `nil` where it reported a problem; the default then stays.
    private init<Value>(
        _ name: String,
        _ type: String,
        _ path: Path<Value>,
        shown: @escaping @Sendable (Value) -> String,
        read: @escaping @Sendable (inout ConfigurationDecoder, ConfigurationNode, String) -> Value?
    ) {
        self.name = name
        self.type = type
        self.shownDefault = { shown($0[keyPath: path]) }
        self.read = { decoder, node, place, target in
            if let value = read(&decoder, node, place) { target[keyPath: path] = value }
        }
    }

    private init(unavailable name: String) {
        self.name = name
        self.type = ""
        self.need = .unavailable
        self.shownDefault = { _ in "" }
        self.read = { _, _, _, _ in }
    }

    // MARK: - The types a key can have

    static func text(_ name: String, _ path: Path<String>) -> Self {
        Self(name, "text", path, shown: { $0 }, read: { $0.text($1, at: $2) })
    }

    static func text(_ name: String, _ path: Path<String?>) -> Self {
        Self(name, "text", path, shown: { $0 ?? "none" }, read: { $0.text($1, at: $2) })
    }

    static func integer(_ name: String, _ path: Path<Int>) -> Self {
        Self(name, "integer", path, shown: { "\($0)" }, read: { $0.integer($1, at: $2) })
    }

    /// - Parameter unset: what the documentation says stands where the key is absent.
    static func integer(_ name: String, _ path: Path<Int?>, unset: String) -> Self {
        Self(name, "integer", path, shown: { $0.map { "\($0)" } ?? unset }, read: { $0.integer($1, at: $2) })
    }

    static func number(_ name: String, _ path: Path<Double>) -> Self {
        Self(
            name,
            "number",
            path,
            shown: { number in Int(exactly: number).map { "\($0)" } ?? "\(number)" },
            read: { $0.number($1, at: $2) }
        )
    }

    static func flag(_ name: String, _ path: Path<Bool>) -> Self {
        Self(name, "true or false", path, shown: { "\($0)" }, read: { $0.flag($1, at: $2) })
    }

    static func milliseconds(_ name: String, _ path: Path<Duration>) -> Self {
        Self(
            name,
            "milliseconds",
            path,
            shown: { "\($0.components.seconds * 1000 + $0.components.attoseconds / 1_000_000_000_000_000)" },
            read: { $0.milliseconds($1, at: $2) }
        )
    }

    static func milliseconds(_ name: String, _ path: Path<Duration?>) -> Self {
        Self(name, "milliseconds", path, shown: { _ in "none" }, read: { $0.milliseconds($1, at: $2) })
    }

    /// One of an enumeration's raw values.
    static func choice<Value>(_ name: String, _ path: Path<Value>) -> Self
    where Value: CaseIterable & RawRepresentable<String> & SendableMetatype {
        Self(
            name,
            Value.allCases.map(\.rawValue).joined(separator: ", "),
            path,
            shown: { $0.rawValue },
            read: { $0.choice($1, at: $2) }
        )
    }

    /// - Parameter unset: what stands where the key is absent.
    static func choice<Value>(_ name: String, _ path: Path<Value?>, unset: Value) -> Self
    where Value: CaseIterable & RawRepresentable<String> & SendableMetatype {
        let shown = unset.rawValue
        return Self(
            name,
            Value.allCases.map(\.rawValue).joined(separator: ", "),
            path,
            shown: { _ in shown },
            read: { $0.choice($1, at: $2) }
        )
    }

    static func texts(_ name: String, _ path: Path<[String]>) -> Self {
        Self(name, "list of text", path, shown: { $0.isEmpty ? "none" : $0.joined(separator: ", ") }) {
            $0.list($1, at: $2) { $0.text($1, at: $2) ?? "" }
        }
    }

    static func section<Value>(_ name: String, _ path: Path<Value>, _ section: SchemaSection<Value>) -> Self {
        var key = Self(name, "section", path, shown: { _ in "as below" }, read: { $0.section($1, at: $2, section) })
        key.children = section.rows(under: name)
        return key
    }

    static func section<Value>(_ name: String, _ path: Path<Value?>, _ section: SchemaSection<Value>) -> Self {
        var key = Self(name, "section", path, shown: { _ in "none" }, read: { $0.section($1, at: $2, section) })
        key.children = section.rows(under: name)
        return key
    }

    static func sections<Value>(_ name: String, _ path: Path<[Value]>, _ section: SchemaSection<Value>) -> Self {
        var key = Self(name, "list of sections", path, shown: { _ in "none" }) {
            // A broken item keeps its place, so that the items after it keep their index.
            $0.list($1, at: $2) { $0.section($1, at: $2, section) ?? section.start }
        }
        key.children = section.rows(under: "\(name)[]")
        return key
    }

    /// Which plugin of a kind is used. Its options are free-form here: the plugin says what it takes.
    static func plugin(_ name: String, _ path: Path<PluginChoice>) -> Self {
        section(name, path, ConfigurationSchema.plugin).shown { "{use: \($0[keyPath: path].use)}" }
    }

    /// - Parameter unset: what the documentation says stands where the key is absent.
    static func plugin(_ name: String, _ path: Path<PluginChoice?>, unset: String) -> Self {
        section(name, path, ConfigurationSchema.plugin).shown { _ in unset }
    }

    static func options(_ name: String, _ path: Path<[String: PluginOption]>) -> Self {
        Self(name, "section of options by name", path, shown: { _ in "none" }, read: { $0.options($1, at: $2) })
    }

    /// Text by name, none of which a message shows.
    static func secrets(_ name: String, _ path: Path<[String: String]>) -> Self {
        Self(name, "section of text by name", path, shown: { _ in "none" }, read: { $0.secrets($1, at: $2) })
    }

    static func unavailable(_ name: String) -> Self {
        Self(unavailable: name)
    }

    // MARK: - What holds for any type

    private func shown(_ shownDefault: @escaping @Sendable (Target) -> String) -> Self {
        var key = self
        key.shownDefault = shownDefault
        return key
    }

    var required: Self {
        var key = self
        key.need = .required
        return key
    }

    func judgedWith(_ others: String...) -> Self {
        var key = self
        key.judgedWith = others
        return key
    }
}

/// The keys that may stand together, and the value they start from: the defaults.
struct SchemaSection<Target: Sendable>: Sendable {
    /// Completes "belongs in …".
    let title: String
    let start: Target
    let keys: [SchemaKey<Target>]

    var place: SchemaPlace {
        SchemaPlace(
            title: title,
            available: keys.filter { $0.need != .unavailable }.map(\.name),
            unavailable: keys.filter { $0.need == .unavailable }.map(\.name)
        )
    }

    /// Its keys as the documentation lists them.
    func rows(under prefix: String) -> [SchemaRow] {
        keys.flatMap { key in
            let shown = key.need == .required ? "required" : key.shownDefault(start)
            let row = SchemaRow(
                key: "\(prefix).\(key.name)",
                type: key.type,
                shownDefault: shown,
                isAvailable: key.need != .unavailable
            )
            return [row] + key.children.map { $0.under(prefix) }
        }
    }
}

/// The names a section knows, without its types.
struct SchemaPlace: Sendable {
    let title: String
    let available: [String]
    let unavailable: [String]
}

/// One key as the documentation lists it: `servers.NAME.namespaces[].maxInFlight`.
struct SchemaRow: Sendable, Equatable {
    let key: String
    let type: String
    let shownDefault: String
    let isAvailable: Bool

    func under(_ prefix: String) -> SchemaRow {
        SchemaRow(key: "\(prefix).\(key)", type: type, shownDefault: shownDefault, isAvailable: isAvailable)
    }
}
