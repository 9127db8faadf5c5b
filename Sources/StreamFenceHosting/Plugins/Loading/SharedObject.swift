/// What the head of a file says of it: whether it is a shared object that this process could load.
///
/// The dynamic linker answers badly to what is none: a truncated file ends the process, and one for another processor "does
/// not exist".
///
/// https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html and ch5.pheader.html
struct SharedObject {
    private let file: String
    private let size: UInt64

    /// The numbers of the format that are looked for.
    private enum Number {
        static let magic: [UInt8] = [0x7F, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")]
        static let class64: UInt8 = 2
        static let littleEndian: UInt8 = 1
        static let sharedObject: UInt16 = 3
        static let executable: UInt16 = 2
        static let load: UInt32 = 1
        static let dynamic: UInt32 = 2
        static let interpreter: UInt32 = 3
        /// An entry of the dynamic section, and its bit that says "this is an executable".
        static let flags1: UInt64 = 0x6FFF_FFFB
        static let isExecutable: UInt64 = 0x0800_0000
        /// Bytes of the header, of a program header and of an entry of the dynamic section.
        static let headerSize = 64
        static let programHeaderSize = 56
        static let entrySize = 16
        #if arch(x86_64)
        static let processor: (number: UInt16, name: String) = (62, "x86-64")
        #elseif arch(arm64)
        static let processor: (number: UInt16, name: String) = (183, "aarch64")
        #else
        static let processor: (number: UInt16, name: String) = (0, "an unknown one")
        #endif
    }

    /// - Throws: why the process can't load the file.
    static func check(_ file: borrowing PluginFile) throws(PluginLoadError) {
        let object = SharedObject(file: file.path, size: file.size)
        let header = Bytes(try file.read(Number.headerSize, at: 0))
        try object.checkIdentity(header)
        try object.checkSegments(header, file)
        // The table of sections stands at the end: what is cut off there, too, is not the file that was built.
        try object.requireInside(header.uint64(40), UInt64(header.uint16(60)) * UInt64(header.uint16(58)))
    }

    private func checkIdentity(_ header: Bytes) throws(PluginLoadError) {
        guard header.bytes.prefix(4).elementsEqual(Number.magic) else {
            throw error(.notSharedObject, expected: "an ELF shared object", found: "another kind of file")
        }
        guard header.bytes.count == Number.headerSize else {
            throw error(.truncated, expected: "at least \(Number.headerSize) bytes", found: "\(size)")
        }
        guard header.bytes[4] == Number.class64, header.bytes[5] == Number.littleEndian else {
            throw error(.notSharedObject, expected: "64 bits, little endian", found: "another form of ELF")
        }
        let processor = header.uint16(18)
        guard processor == Number.processor.number else {
            throw error(
                .wrongProcessor,
                expected: "code for \(Number.processor.name) (ELF machine \(Number.processor.number))",
                found: "ELF machine \(processor)"
            )
        }
        let type = header.uint16(16)
        guard type == Number.sharedObject else {
            let found = type == Number.executable ? "an executable" : "ELF type \(type)"
            throw error(.notSharedObject, expected: "a shared object", found: found)
        }
    }

    private func checkSegments(_ header: Bytes, _ file: borrowing PluginFile) throws(PluginLoadError) {
        let start = header.uint64(32)
        let count = Int(header.uint16(56))
        guard Int(header.uint16(54)) == Number.programHeaderSize else {
            throw error(.notSharedObject, expected: "program headers of 56 bytes", found: "\(header.uint16(54))")
        }
        try requireInside(start, UInt64(count * Number.programHeaderSize))
        let table = Bytes(try file.read(count * Number.programHeaderSize, at: start))
        for index in 0..<count {
            let at = index * Number.programHeaderSize
            let type = table.uint32(at)
            let (offset, length) = (table.uint64(at + 8), table.uint64(at + 32))
            if type == Number.interpreter {
                throw error(.notSharedObject, expected: "a shared object", found: "an executable")
            }
            guard type == Number.load || type == Number.dynamic else { continue }
            try requireInside(offset, length)
            if type == Number.dynamic { try checkFlags(Bytes(try file.read(Int(clamping: length), at: offset))) }
        }
    }

    /// A position-independent executable is a shared object too, for its header.
    private func checkFlags(_ dynamic: Bytes) throws(PluginLoadError) {
        for at in stride(from: 0, to: dynamic.bytes.count, by: Number.entrySize)
        where dynamic.uint64(at) == Number.flags1 && dynamic.uint64(at + 8) & Number.isExecutable != 0 {
            throw error(.notSharedObject, expected: "a shared object", found: "an executable")
        }
    }

    private func requireInside(_ offset: UInt64, _ length: UInt64) throws(PluginLoadError) {
        let (end, overflow) = offset.addingReportingOverflow(length)
        guard !overflow, end <= size else {
            let needed = overflow ? "more bytes than there are" : "at least \(end) bytes"
            throw error(.truncated, expected: needed, found: "\(size)")
        }
    }

    private func error(_ code: PluginLoadError.Code, expected: String, found: String) -> PluginLoadError {
        PluginLoadError(code, file, expected: expected, found: found)
    }
}

/// Little-endian numbers in bytes; 0 beyond the end.
private struct Bytes {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func uint16(_ offset: Int) -> UInt16 { UInt16(truncatingIfNeeded: number(offset, 2)) }
    func uint32(_ offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: number(offset, 4)) }
    func uint64(_ offset: Int) -> UInt64 { number(offset, 8) }

    private func number(_ offset: Int, _ count: Int) -> UInt64 {
        guard offset >= 0, offset + count <= bytes.count else { return 0 }
        return bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
