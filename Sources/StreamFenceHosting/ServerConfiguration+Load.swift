import StreamFence
import StreamFencePluginKit

extension ServerConfiguration {
    /// One server of a configuration file. The whole file has to be free of problems, not only this server. Where it loads
    /// plugins, load a ``ConfigurationFile`` instead, which has the registry that the server then needs.
    ///
    /// - Parameters:
    ///   - path: a file ending in `.yaml`, `.yml` or `.json`.
    ///   - server: its name in the file's `servers` section.
    ///   - environment: where `${VAR}` is looked up, by default the environment of the process.
    /// - Throws: every problem of the file, or that it has no such server.
    public static func load(
        _ path: String,
        server: String,
        environment: [String: String] = processEnvironment()
    ) throws(ConfigurationFileError) -> ServerConfiguration {
        let file = try ConfigurationFile.load(path, environment: environment)
        if let found = file.servers.first(where: { $0.name == server }) { return found }
        let names = file.servers.map(\.name)
        let hint = nearest(to: server, in: names).map { "; did you mean \($0)?" } ?? ""
        throw ConfigurationFileError(
            file: path,
            message: "no server \"\(server)\" in this file, which has \(names.joined(separator: ", "))\(hint)"
        )
    }
}
