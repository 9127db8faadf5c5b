import NIOCore

/// What the clients of a server do, out of bytes of which all mean something.
///
/// The first line is about reads: each byte the size of one, in turn (`A` 1, `B` 2, … `a` 16, `b` 32, … `@` nothing);
/// if it is empty, everything is read at once. Each line after it is a step: a letter and what belongs to it.
///
/// ```
/// w       a client opens a session by websocket       W40   the same, with a text frame right behind the request
/// p       a client opens a session by polling         Q40   and that behind another request on the connection
/// 1       what follows is about client 1; at first it is about the newest
/// t42[]   sends the text of a packet                  b…    sends a binary message
/// &       the packets up to the next & in one go      r7    the line before again, 2^7 times
/// g       a GET                                       ~Y    25 seconds pass
/// u       a websocket with the session's id           v5    sends a packet on that
/// f\x81…  a frame with this first byte                F…    bytes on the websocket as they are
/// s       reads its websocket no more                 d     reads it again
/// x       its websocket, or its GET's connection, ends
/// X       the websocket with the session's id ends
/// n       a connection of nobody's                    hGET… sends a line on it, | is a further line's end, $ the newest id
/// i…      sends bytes on it, without an end of line   j     sends a line feed
/// ```
struct Script {
    enum Step: Equatable {
        case openWebSocket(behind: [UInt8]?)
        case openPipelined(behind: [UInt8])
        case openPolling
        case select(Int)
        case packet(ClientPacket)
        case gather
        case poll
        case frame(first: UInt8, [UInt8])
        case bytes([UInt8])
        case upgrade
        case candidateText([UInt8])
        case close
        case closeCandidate
        case stall
        case drain
        case pass(seconds: Int)
        case newConnection
        case http([UInt8])
        case again(times: Int)
    }

    /// The sizes of reads, in bytes, in turn; empty to read everything at once.
    let reads: [Int]
    let steps: [Step]

    init(_ input: some Collection<UInt8>) {
        let lines = input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        reads = (lines.first ?? input[...]).map { $0 < 0x60 ? Int($0 & 0x1F) : Int($0 & 0x1F) * 16 }
        steps = lines.dropFirst().compactMap { Self.step($0) }
    }

    private static func step(_ line: some Collection<UInt8>) -> Step? {
        guard let letter = line.first else { return nil }
        let content = Array(line.dropFirst())
        switch Character(Unicode.Scalar(letter)) {
        case "w": return .openWebSocket(behind: nil)
        case "W": return .openWebSocket(behind: content)
        case "Q": return .openPipelined(behind: content)
        case "p": return .openPolling
        case "0"..."7": return .select(Int(letter & 7))
        case "t": return .packet(.text(content))
        case "b": return .packet(.binary(content))
        case "&": return .gather
        case "g": return .poll
        case "f": return content.first.map { .frame(first: $0, Array(content.dropFirst())) }
        case "F": return .bytes(content)
        case "u": return .upgrade
        case "v": return .candidateText(content)
        case "x": return .close
        case "X": return .closeCandidate
        case "s": return .stall
        case "d": return .drain
        case "~": return .pass(seconds: Int((content.first ?? 0) & 0x3F))
        case "n": return .newConnection
        case "h": return .http((content + [UInt8(ascii: "|")]).flatMap { $0 == UInt8(ascii: "|") ? [13, 10] : [$0] })
        case "i": return .http(content)
        case "j": return .http(Array("\n".utf8))
        case "r": return .again(times: 1 << Int((content.first ?? 0) & 7))
        default: return nil
        }
    }
}

/// An Engine.IO packet as a client sends it: its text, or a binary message.
enum ClientPacket: Equatable {
    case text([UInt8])
    case binary([UInt8])

    var bytes: [UInt8] {
        switch self {
        case .text(let bytes), .binary(let bytes): bytes
        }
    }
}
