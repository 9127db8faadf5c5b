import Logging
import NIOCore
import NIOPosix
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
    private let registry: PluginRegistry
    private let logger: Logger
    private let budget: SpillBudget
    private let faults = LogLimiter(perWindow: 1, window: .seconds(10))
    private var stores: [(choice: PluginChoice, store: any SpillStore)] = []
    /// The folder of the stores, once one is open.
    private var folder: SpillFolder?
    private var services: [SpillService] = []
    /// What a killed server left behind.
    private var leftovers: [SpillUse.Leftovers] = []

    /// Opens nothing yet.
    init(_ configuration: ServerConfiguration, _ registry: PluginRegistry, _ logger: Logger) {
        self.configuration = configuration
        self.registry = registry
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
        guard namespace.spills else { return nil }
        let choice = namespace.spillStore ?? configuration.spillStore
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

    private func store(_ choice: PluginChoice) throws -> any SpillStore {
        if let open = stores.first(where: { $0.choice == choice }) { return open.store }
        let store = try registry.spillStore(choice, in: configuration.spillRootPath)
        // A store finds the lanes of its own kind. Listed before anybody can spill: where another server of this process uses
        // the folder already, the lanes are its.
        let folder = folder ?? SpillFolder(configuration.spillRootPath)
        self.folder = folder
        if folder.isFirst { leftovers.append(SpillUse.Leftovers(store: store, lanes: try store.lanes())) }
        stores.append((choice, store))
        return store
    }

    /// What the stores are to the server that was made with them.
    var use: SpillUse { SpillUse(services: services, budget: budget, leftovers: leftovers, folder: folder) }
}
