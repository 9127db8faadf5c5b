import NIOCore

/// One JSON value that has been validated, kept as the bytes it was sent in.
///
/// 1. The bytes are relayed as they are: nothing is parsed into a tree, and nothing is ever written out again.
/// 2. The accessors scan on demand. Each costs a pass over this value, and returns `nil` where the value is of another
///    kind.
/// 3. Fragments taken out of a fragment are slices: they share its storage, and keep all of that storage alive.
///
/// Validation is strict [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259); two fragments are equal when their bytes
/// are.
public struct JSONFragment: Sendable, Equatable {
    /// What a value is, as its first byte tells.
    public enum Kind: Sendable, Equatable {
        /// The kinds of RFC 8259, section 3; `true` and `false` are both `bool`.
        case object, array, string, number, bool, null
    }

    /// How many arrays and objects may be open inside one another, unless another limit is given: 128.
    public static let defaultMaxDepth = 128

    /// The bytes of the value, exactly as received, without the white space that stood around it.
    public let buffer: ByteBuffer

    /// Validates bytes that are to hold one JSON value, and keeps a slice of them.
    ///
    /// - Parameters:
    ///   - buffer: the readable bytes are the document.
    ///   - maxDepth: how many arrays and objects may be open inside one another; 0 allows scalars only.
    /// - Throws: the first mistake, with its offset in bytes from the reader index.
    public init(
        validating buffer: ByteBuffer,
        maxDepth: Int = JSONFragment.defaultMaxDepth
    ) throws(JSONError) {
        let outcome: Result<Range<Int>, JSONError> = buffer.withUnsafeReadableBytes { bytes in
            var scanner = JSONScanner(bytes, maxDepth: maxDepth)
            return Result { () throws(JSONError) in try scanner.scanDocument() }
        }
        self.init(slicing: buffer, range: try outcome.get())
    }

    /// Validates a text that is to hold one JSON value.
    ///
    /// - Parameters:
    ///   - text: the document.
    ///   - maxDepth: how many arrays and objects may be open inside one another; 0 allows scalars only.
    /// - Throws: the first mistake, with its offset in UTF-8 bytes.
    public init(validating text: String, maxDepth: Int = JSONFragment.defaultMaxDepth) throws(JSONError) {
        try self.init(validating: ByteBuffer(string: text), maxDepth: maxDepth)
    }

    /// A JSON string with this content.
    public init(string: String) {
        var buffer = ByteBufferAllocator().buffer(capacity: string.utf8.count + 2)
        buffer.writeJSONString(string)
        self.buffer = buffer
    }

    /// Takes bytes that are known to be one valid JSON value, because this project has just written them.
    ///
    /// - Parameter buffer: one value, without white space around it. Not checked: what is wrong in it reaches the
    ///   client.
    package init(trusted buffer: ByteBuffer) {
        self.buffer = buffer
    }

    /// A part of a validated buffer; `range` counts from its reader index.
    init(slicing buffer: ByteBuffer, range: Range<Int>) {
        let slice = buffer.getSlice(at: buffer.readerIndex + range.lowerBound, length: range.count)
        // A range that came out of scanning this very buffer always fits; `null` keeps the type's promise regardless.
        self.buffer = slice ?? ByteBuffer(string: "null")
    }

    /// The JSON text. Not a `description`: a payload, and the token in it, should reach a log only by being asked for.
    public var json: String { String(buffer: buffer) }

    /// What the value is.
    public var kind: Kind {
        Kind(first: buffer.getInteger(at: buffer.readerIndex, as: UInt8.self))
    }

    /// Whether the value is `null`.
    public var isNull: Bool { kind == .null }

    /// The value of `true` or `false`.
    public var bool: Bool? {
        kind == .bool ? buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) == UInt8(ascii: "t") : nil
    }

    /// The text of a string, unescaped. An escape that names a lone half of a surrogate pair reads as U+FFFD.
    public var string: String? {
        withStringContent { JSONText.decode($0) }
    }

    /// Whether the value is a string with this text. Unlike a comparison with ``string``, allocates nothing unless the
    /// value holds escapes.
    public func isString(_ text: String) -> Bool {
        withStringContent { JSONText.isEqual($0, to: text) } ?? false
    }

    /// The value of a number that is an integer and fits. Written in digits alone it is exact; `1.0` and `1e2` are read
    /// as JavaScript reads them, and count below 2^53; `1.5` is `nil`.
    public var int: Int? {
        guard let text = numberText else { return nil }
        // Digits alone are converted digit by digit: by way of a `Double`, integers above 2^53 would change.
        if let int = Int(text) { return int }
        guard text.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }) else {
            return nil
        }
        return Double(text).flatMap { abs($0) < 0x1p53 ? Int(exactly: $0) : nil }
    }

    /// The nearest `Double` to a number; `nil` if it is too large for one, as `1e999` is.
    public var double: Double? {
        guard let text = numberText, let double = Double(text), double.isFinite else { return nil }
        return double
    }

    private var numberText: String? {
        kind == .number ? json : nil
    }

    /// Calls `body` with what stands between the quotation marks, still escaped; `nil` if the value is no string.
    package func withStringContent<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T? {
        buffer.withUnsafeReadableBytes { bytes in
            guard bytes.count >= 2, bytes[0] == UInt8(ascii: "\"") else { return nil }
            return body(UnsafeRawBufferPointer(rebasing: bytes[1..<(bytes.count - 1)]))
        }
    }
}

extension JSONFragment.Kind {
    /// - Parameter first: the first byte of a value.
    init(first: UInt8?) {
        switch first {
        case UInt8(ascii: "{"): self = .object
        case UInt8(ascii: "["): self = .array
        case UInt8(ascii: "\""): self = .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .bool
        case UInt8(ascii: "n"): self = .null
        default: self = .number
        }
    }
}
