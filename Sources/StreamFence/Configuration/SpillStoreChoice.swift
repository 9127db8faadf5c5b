/// A spill store as a configuration asks for it: its name known, its options read and checked.
enum SpillStoreChoice: Sendable, Equatable {
    /// Append-only segments, one series for all lanes.
    case log(sync: LogSync, segmentBytes: Int)
    /// A file for each message, which people can read.
    case jsonFiles

    /// When the log makes sure that what it wrote survives the machine.
    enum LogSync: Sendable, Equatable {
        case never
        case interval(Duration)
        case always
    }

    /// - Parameters:
    ///   - choice: what the configuration says.
    ///   - found: gets what is wrong with it. Without a problem the result is what it asks for; otherwise defaults stand
    ///     in.
    /// - Returns: `nil` where there is no store of that name.
    init?(_ choice: PluginChoice, _ found: inout ProblemList) {
        var options = PluginOptionReader(choice.options)
        switch choice.use {
        case "log": self = .log(sync: Self.logSync(&options), segmentBytes: Self.segmentBytes(&options))
        case "json-files": self = .jsonFiles
        default:
            let names = ["log", "json-files"]
            let hint = nearest(to: choice.use, in: names).map { "; did you mean \($0)?" } ?? ""
            found.add("use", "expected one of \(names.joined(separator: ", ")), found \"\(choice.use)\"\(hint)")
            return nil
        }
        options.refuseOthers(of: choice.use)
        found.add(options.problems)
    }

    private static func logSync(_ options: inout PluginOptionReader) -> LogSync {
        enum Name: String, CaseIterable {
            case never, interval, always
        }
        let name = options.choice("sync", default: Name.never)
        let interval = options.milliseconds("syncIntervalMs", default: .seconds(1))
        options.require(name == .interval, for: "syncIntervalMs", by: "sync", "has an effect with sync: interval only")
        switch name {
        case .never: return .never
        case .interval: return .interval(interval)
        case .always: return .always
        }
    }

    private static func segmentBytes(_ options: inout PluginOptionReader) -> Int {
        options.integer("segmentBytes", atLeast: 65_536, default: 16_777_216)
    }
}
