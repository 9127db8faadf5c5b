import NIOCore

/// What a session has written to its websocket and the client has not yet taken.
///
/// Frames written in one tick are gathered into one buffer and leave in one write. A single frame, or a large one, is
/// passed on by reference: no client costs a copy of it. Owned by the session, on the session's loop.
///
/// It never calls the channel, which may tell the session of the outcome before it returns: it says what to call it for.
struct WebSocketOutbound {
    let peer: WebSocketPeer
    private let highWaterMark: Int
    /// The channel lives on another loop than the session: what is handed over has to be counted until it is taken there.
    private let isRemote: Bool
    /// Frames of this tick: one shared frame by reference, or several copied together.
    private var open = ByteBuffer()
    private var openIsShared = false
    /// What this tick's writes add up to, in bytes.
    private var gathered = 0
    /// Given to the channel with a promise and not yet taken by the kernel, in bytes.
    private var inFlight = 0
    /// Written by `send`, whether or not there was room, since the client last kept up; in bytes.
    private var unasked = 0
    /// A client that lets answers pile up is not to be read from.
    private(set) var isReadingPaused = false
    /// How much a tick gathered last time: the next one is likely to need as much.
    private var capacityHint = 0

    /// From this size on a frame is written by itself rather than copied together with others, in bytes.
    private static let copyLimit = 16_384

    init(peer: WebSocketPeer, _ configuration: EngineIOConfiguration, sessionLoop: any EventLoop) {
        self.peer = peer
        highWaterMark = configuration.highWaterMark
        isRemote = peer.channel.eventLoop !== sessionLoop
    }

    /// What is on its way lacks this much to the high-water mark, in bytes; 0 while the channel has more than its own
    /// high-water mark left over from earlier flushes.
    var room: Int { peer.channel.isWritable ? max(0, highWaterMark - gathered - inFlight) : 0 }

    /// Gathers frames behind those of this tick.
    ///
    /// - Returns: a piece that is complete, to be written to the channel at once and flushed with the others.
    mutating func append(_ frames: ByteBuffer) -> ByteBuffer? {
        gathered += frames.readableBytes
        let isOpenLarge = open.readableBytes >= min(highWaterMark, openIsShared ? Self.copyLimit : .max)
        if open.readableBytes == 0 {
            open = frames
            openIsShared = true
        } else if isOpenLarge || frames.readableBytes >= Self.copyLimit {
            defer {
                open = frames
                openIsShared = true
            }
            return open
        } else if openIsShared {
            startCopying(frames)
        } else {
            open.writeImmutableBuffer(frames)
        }
        return nil
    }

    private mutating func startCopying(_ frames: ByteBuffer) {
        let needed = open.readableBytes + frames.readableBytes
        var copy = ByteBufferAllocator().buffer(capacity: max(needed, capacityHint))
        copy.writeImmutableBuffer(open)
        copy.writeImmutableBuffer(frames)
        open = copy
        openIsShared = false
    }

    /// What ``takeGathered()`` hands out.
    struct Gathered {
        /// To be written to the channel, and flushed.
        let frames: ByteBuffer
        /// How many bytes are under way with it, to be given back with ``completed(_:)``; nil if nobody needs to know:
        /// whether the channel is writable says enough of a local one, and a promise for each flush is dear.
        let counted: Int?
    }

    /// Takes what was gathered, for the caller to write: a write that fails ends the session before it returns, which
    /// must not happen while this value is being changed.
    ///
    /// - Returns: nil if nothing was gathered.
    mutating func takeGathered() -> Gathered? {
        guard gathered > 0 else { return nil }
        if !openIsShared { capacityHint = min(open.readableBytes, highWaterMark) }
        defer {
            open = ByteBuffer()
            gathered = 0
        }
        guard isRemote || unasked > 0 else { return Gathered(frames: open, counted: nil) }
        inFlight += gathered
        return Gathered(frames: open, counted: gathered)
    }

    /// The kernel has taken `bytes` of what was flushed.
    mutating func completed(_ bytes: Int) {
        inFlight -= bytes
        guard inFlight <= highWaterMark / 2 else { return }
        unasked = 0
        isReadingPaused = false
    }

    /// Counts bytes that were sent whether or not there was room.
    ///
    /// - Returns: how many such bytes wait for the client.
    mutating func sentUnasked(_ bytes: Int) -> Int {
        unasked += bytes
        let waiting = min(unasked, gathered + inFlight)
        if waiting > highWaterMark { isReadingPaused = true }
        return waiting
    }
}
