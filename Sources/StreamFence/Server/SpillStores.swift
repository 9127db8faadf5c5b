import Logging
import NIOCore
import NIOPosix
import StreamFenceBuiltin
import StreamFenceDelivery
import StreamFenceEngineIO
import StreamFencePluginKit

/// The spill stores of a server, each opened once however many namespaces use it.
///
/// 1. Opens what the configuration asks for.
/// 2. Has every fault logged, a line for each kind in ten seconds.
///
/// Only for the time a server is made; what goes on afterwards is ``SpillUse``.
final class SpillStores {
    private let configuration: ServerConfiguration
    private let logger: Logger
    private let budget: SpillBudget
    private let faults = LogLimiter(perWindow: 1, window: .seconds(10))
    private var stores: [(choice: SpillStoreChoice, store: any SpillStore)] = []
    private var services: [SpillService] = []
    /// What a killed server left behind.
    private var leftovers: SpillUse.Leftovers?

    /// Opens nothing yet.
    init(_ configuration: ServerConfiguration, _ logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        budget = SpillBudget(
            maxStored: configuration.maxSpillBytes,
            maxPending: configuration.maxSpillPendingBytes
        )
    }

    /// How a namespace spills; nil if it does not.
    ///
    /// - Throws: what is wrong with the folder.
    func service(for namespace: NamespaceConfiguration) throws -> SpillService? {
        guard namespace.overflowAction == .spillToDisk else { return nil }
        var problems = ProblemList(path: "spillStore")
        let chosen = namespace.spillStore ?? configuration.spillStore
        guard let choice = SpillStoreChoice(chosen, &problems) else {
            throw ConfigurationError(problems: problems.problems)
        }
        let service = SpillService(
            store: try store(choice),
            executor: BlockingPool(),
            codec: EncodedMessageCodec(),
            budget: budget,
            maxBytesPerClient: namespace.maxSpillBytesPerClient
        ) { [faults, logger] fault, lane in
            fault.log(lane, faults, logger)
        }
        services.append(service)
        return service
    }

    private func store(_ choice: SpillStoreChoice) throws -> any SpillStore {
        if let open = stores.first(where: { $0.choice == choice }) { return open.store }
        let (store, root) = try choice.open(configuration.spillRootPath)
        // Any store finds the lanes of all of them. Listed before anybody can spill: where another server of this process
        // uses the folder already, or may do so from now on, the lanes are its.
        if root.isFirst, leftovers == nil { leftovers = SpillUse.Leftovers(store: store, lanes: try store.lanes()) }
        stores.append((choice, store))
        return store
    }

    /// What the stores are to the server that was made with them.
    var use: SpillUse { SpillUse(services: services, budget: budget, leftovers: leftovers) }
}

extension SpillStoreChoice {
    /// Opens the store, with its lanes below `root`.
    fileprivate func open(_ root: String) throws -> (store: any SpillStore, root: SpillRoot) {
        switch self {
        case .log(let sync, let segmentBytes):
            let store = try LogSpillStore(root: root, options: LogSpillStore.Options(sync, segmentBytes: segmentBytes))
            return (store, store.root)
        case .jsonFiles:
            let store = try JSONFilesSpillStore(root: root)
            return (store, store.root)
        }
    }
}

extension LogSpillStore.Options {
    fileprivate init(_ sync: SpillStoreChoice.LogSync, segmentBytes: Int) {
        self.init(segmentBytes: segmentBytes)
        switch sync {
        case .never:
            self.sync = .never
        case .interval(let interval):
            self.sync = .interval
            syncInterval = interval
        case .always:
            self.sync = .always
        }
    }
}
