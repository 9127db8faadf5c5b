import CStreamFencePlugin
import StreamFencePluginKit

/// What a file says of itself before anything of it is called: `streamfence_plugin_abi`, a constant.
struct ABIRecord {
    /// The version of the contract that it was made for, such as `1.0`.
    let version: String
    /// What compiled it.
    let toolchain: String
    /// How far the items of the list of components lie apart, in bytes.
    let componentSize: Int

    /// - Parameter record: the file's symbol.
    /// - Throws: why this host does not understand the plugin.
    init(_ record: UnsafePointer<sf_abi>, of file: String) throws(PluginLoadError) {
        let found = record.pointee
        guard found.magic == SF_ABI_MAGIC else {
            throw PluginLoadError(
                .wrongMagic,
                file,
                expected: "the magic number 0x\(String(SF_ABI_MAGIC, radix: 16))",
                found: "0x\(String(found.magic, radix: 16))"
            )
        }
        version = "\(found.major).\(found.minor)"
        toolchain = withUnsafeBytes(of: found.toolchain) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        guard Int(found.major) == Int(SF_ABI_MAJOR), Int(found.minor) <= Int(SF_ABI_MINOR) else {
            throw PluginLoadError(
                .wrongVersion,
                file,
                expected: "version \(SF_ABI_MAJOR).0 to \(SF_ABI_MAJOR).\(SF_ABI_MINOR) of the plugin contract",
                found: "\(found.major).\(found.minor) (compiled by \(toolchain)); build it against this version"
            )
        }
        try Self.requireSize(found.plugin_size, atLeast: MemoryLayout<sf_plugin>.size, "sf_plugin", file)
        try Self.requireSize(found.component_size, atLeast: MemoryLayout<sf_component>.size, "sf_component", file)
        componentSize = Int(found.component_size)
    }

    /// This is the first version, so that no structure can be smaller than here. Larger ones have been padded: the rest is
    /// not looked at.
    private static func requireSize(
        _ found: UInt32,
        atLeast size: Int,
        _ name: String,
        _ file: String
    ) throws(PluginLoadError) {
        guard (size...4096).contains(Int(found)), found % 8 == 0 else {
            throw PluginLoadError(.wrongSize, file, expected: "\(name) to have \(size) bytes", found: "\(found)")
        }
    }
}
