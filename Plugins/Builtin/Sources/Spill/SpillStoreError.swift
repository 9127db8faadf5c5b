#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Why a built-in spill store could not do what it was asked, with a stable code.
public struct SpillStoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A stable name for the failure. Open: later versions may add more.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name, as it stands in logs.
        public let description: String

        /// Another process spills into the same folder.
        public static let rootInUse = Code(description: "spill_root_in_use")
        /// The folder to spill into can't be made, opened or locked.
        public static let rootUnusable = Code(description: "spill_root_unusable")
        /// A file or folder could not be written.
        public static let writeFailed = Code(description: "spill_write_failed")
        /// A file or folder could not be read.
        public static let readFailed = Code(description: "spill_read_failed")
        /// A file or folder could not be removed.
        public static let removeFailed = Code(description: "spill_remove_failed")
        /// Records whose positions don't follow those the lane holds.
        public static let positionsOutOfOrder = Code(description: "spill_positions_out_of_order")
        /// A record of more than 1 GiB.
        public static let recordTooLarge = Code(description: "spill_record_too_large")
        /// An option outside of its limits.
        public static let invalidOption = Code(description: "spill_invalid_option")
    }

    /// The failure, for programs.
    public let code: Code
    /// What was expected and what was found, the path among it.
    public let message: String
    /// The file or folder it is about; for ``Code/positionsOutOfOrder``, ``Code/recordTooLarge`` and
    /// ``Code/invalidOption`` the folder that is spilled into, or nothing.
    public let path: String
    /// The system's error number, if the system refused.
    public let errorNumber: Int32?

    init(_ code: Code, path: String, _ message: String) {
        self.code = code
        self.path = path
        self.message = message
        self.errorNumber = nil
    }

    /// The system refused to do to `path` what `attempt` says, such as `open`.
    init(_ code: Code, _ attempt: String, _ path: String, errorNumber: Int32) {
        self.code = code
        self.path = path
        self.message = "expected to \(attempt) \(path), found: \(String(cString: strerror(errorNumber)))"
        self.errorNumber = errorNumber
    }

    /// One line: the code, a colon and the message.
    public var description: String { "\(code): \(message)" }

    /// The same failure under another code.
    func with(_ code: Code) -> SpillStoreError {
        SpillStoreError(code: code, message: message, path: path, errorNumber: errorNumber)
    }

    private init(code: Code, message: String, path: String, errorNumber: Int32?) {
        self.code = code
        self.message = message
        self.path = path
        self.errorNumber = errorNumber
    }

    /// Whether it vanished, or never was there.
    var isMissing: Bool { errorNumber == ENOENT }

    /// Whether there is nothing there that a store could have written: nothing at all, or a link or a file in the place
    /// of a folder. Anything else may be there and only be out of reach now.
    var isNothingThere: Bool {
        errorNumber == ENOENT || errorNumber == ENOTDIR || errorNumber == ELOOP
    }
}
