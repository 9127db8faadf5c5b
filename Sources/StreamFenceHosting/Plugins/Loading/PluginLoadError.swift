import StreamFence

/// A plugin's file could not be loaded. Where it was found out before ``Code-swift.enum/linkFailed``, no code of it has run.
public struct PluginLoadError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, for programs.
    public enum Code: String, Sendable, CaseIterable {
        /// There is no such file, or no such folder.
        case missing
        /// The file lies elsewhere than in the folder that plugins are loaded from, symbolic links followed.
        case outsideFolder
        /// A folder, a device, a pipe.
        case notRegularFile
        /// The file or its folder belongs to neither root nor the user of this process.
        case untrustedOwner
        /// Others than the owner may write to the file or its folder.
        case writableByOthers
        /// Its SHA-256 is another than the configuration expects.
        case wrongHash
        /// No ELF file, or not of 64 bits and little endian, or an executable.
        case notSharedObject
        /// Made for another processor.
        case wrongProcessor
        /// A part of the file is missing.
        case truncated
        /// Could not be read.
        case unreadable
        /// It ends the process that loads it, a child of this one.
        case crashes
        /// The dynamic linker refuses it: a symbol or a library is missing.
        case linkFailed
        /// The file was replaced while, or after, it was loaded.
        case changed
        /// Not a plugin: a symbol that each has is missing.
        case notPlugin
        /// Its record is none: the magic number is another.
        case wrongMagic
        /// Made for another version of the contract.
        case wrongVersion
        /// Its structures have another size than in the version it says it was made for.
        case wrongSize
        /// Its entry point failed.
        case initFailed
        /// What it says of itself makes no sense.
        case wrongDescription
        /// A component lacks a function that its kind needs.
        case missingFunction
        /// A component's name is none, or taken.
        case wrongName
        /// More plugins than a process can have.
        case tooMany
    }

    /// What is wrong, for programs.
    public let code: Code
    /// The file, as messages name it.
    public let file: String
    /// What was expected and what was found.
    public let message: String

    init(_ code: Code, _ file: String, expected: String, found: String) {
        self.init(code, file, "expected \(expected), found \(found)")
    }

    init(_ code: Code, _ file: String, _ message: String) {
        self.code = code
        self.file = file
        self.message = escapingControls(message)
    }

    /// `plugin /etc/streamfence/plugins/libjwt.so: expected …, found …`
    public var description: String { "plugin \(file): \(message)" }
}
