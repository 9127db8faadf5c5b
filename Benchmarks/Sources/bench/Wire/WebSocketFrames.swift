import NIOCore

/// One frame of a server, by its place in the bytes it was found in (RFC 6455, section 5.2).
struct ServerFrame: Equatable {
    enum Opcode: UInt8 {
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA
    }

    let opcode: Opcode
    let payload: Range<Int>

    /// Finds the frame that begins at `start`; nil if it is not complete yet. It is read in place: a decoder that
    /// hands out messages copies each one, and with a thousand subscribers the generator would measure itself.
    ///
    /// - Throws: ``BenchmarkError`` for what no server sends that was asked for no extension: fragments, masks,
    ///   compression.
    static func find(in bytes: UnsafeRawBufferPointer, from start: Int) throws -> ServerFrame? {
        guard bytes.count - start >= 2 else { return nil }
        let (first, second) = (bytes[start], bytes[start + 1])
        guard first & 0xF0 == 0x80, second & 0x80 == 0, let opcode = Opcode(rawValue: first & 0x0F) else {
            throw BenchmarkError(
                "expected a whole, unmasked websocket frame, found one that begins \(first), \(second)"
            )
        }
        var header = 2
        var length = Int(second)
        if length >= 126 {
            header = length == 126 ? 4 : 10
            guard bytes.count - start >= header else { return nil }
            length = bytes[(start + 2)..<(start + header)].reduce(0) { $0 << 8 | Int($1) }
        }
        guard length >= 0, length <= 1 << 30 else {
            throw BenchmarkError("expected a websocket frame of at most 1 GiB, found one of \(length) bytes")
        }
        guard bytes.count - start - header >= length else { return nil }
        return ServerFrame(opcode: opcode, payload: (start + header)..<(start + header + length))
    }
}

extension ByteBuffer {
    /// Writes a text frame as a client sends it. The mask is zero, which leaves the text as it is: what a mask is
    /// for, to protect proxies, does not matter here.
    mutating func writeClientText(_ text: String) {
        writeClientText(ByteBuffer(string: text))
    }

    mutating func writeClientText(_ text: ByteBuffer) {
        writeClientTextHeader(length: text.readableBytes)
        writeImmutableBuffer(text)
    }

    /// Writes what precedes a text of `length` bytes.
    mutating func writeClientTextHeader(length: Int) {
        writeClientHeader(0x81, length: length)
    }

    mutating func writeClientBinary(_ bytes: ByteBuffer) {
        writeClientHeader(0x82, length: bytes.readableBytes)
        writeImmutableBuffer(bytes)
    }

    /// Writes the answer to a ping.
    mutating func writeClientPong(_ payload: ByteBuffer) {
        writeClientHeader(0x8A, length: payload.readableBytes)
        writeImmutableBuffer(payload)
    }

    private mutating func writeClientHeader(_ first: UInt8, length: Int) {
        writeInteger(first)
        if length < 126 {
            writeInteger(0x80 | UInt8(length))
        } else if length <= UInt16.max {
            writeMultipleIntegers(0x80 | 126 as UInt8, UInt16(length))
        } else {
            writeMultipleIntegers(0x80 | 127 as UInt8, UInt64(length))
        }
        writeInteger(0 as UInt32)
    }
}
