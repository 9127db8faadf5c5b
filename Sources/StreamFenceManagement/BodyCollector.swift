import Hummingbird
import NIOCore
import Synchronization

/// Collects the bodies of calls, and bounds what all of them hold in memory: by their bytes and not by their number, so that
/// many that drip in keep out nobody.
final class BodyCollector: Sendable {
    private let maxBody: Int
    private let maxHeld: Int
    private let heldBytes = Mutex(0)

    /// - Parameters:
    ///   - maxBody: the most bytes of one.
    ///   - maxHeld: the most bytes of all of them together.
    init(maxBody: Int, maxHeld: Int) {
        self.maxBody = maxBody
        self.maxHeld = maxHeld
    }

    /// How many bytes are held now.
    var held: Int { heldBytes.withLock { $0 } }

    /// Calls `use` with the whole body, which counts as held until then.
    func collect<Result>(
        _ request: Request,
        _ use: (ByteBuffer) async throws -> Result
    ) async throws -> Result {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > maxBody {
            throw ManagementError.bodyTooLarge(maxBody)
        }
        var body = ByteBuffer()
        defer { heldBytes.withLock { $0 -= body.readableBytes } }
        for try await part in request.body {
            guard body.readableBytes + part.readableBytes <= maxBody else {
                throw ManagementError.bodyTooLarge(maxBody)
            }
            try take(part.readableBytes)
            body.writeImmutableBuffer(part)
        }
        return try await use(body)
    }

    private func take(_ bytes: Int) throws(ManagementError) {
        let isTaken = heldBytes.withLock { held in
            guard held + bytes <= maxHeld else { return false }
            held += bytes
            return true
        }
        guard isTaken else { throw .busy }
    }
}
