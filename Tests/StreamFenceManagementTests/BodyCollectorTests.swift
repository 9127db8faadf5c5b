import Hummingbird
import NIOCore
import StreamFenceTestClient
import Testing

@testable import StreamFenceManagement

@Suite("Bodies that are collected")
struct BodyCollectorTests {
    private let bodies = BodyCollector(maxBody: 8, maxHeld: 12)

    @Test("A body is too large when it says so, or when it turns out to be")
    func tooLarge() async throws {
        let announced = request(RequestBody(buffer: ByteBuffer()), [.contentLength: "9"])
        for each in [announced, request(RequestBody(buffer: ByteBuffer(string: "123456789")))] {
            let error = await #expect(throws: ManagementError.self) { try await bodies.collect(each) { _ in } }
            #expect(error?.code == "PAYLOAD_TOO_LARGE")
        }
        let fits = request(RequestBody(buffer: ByteBuffer(string: "12345678")), [.contentLength: "8"])
        #expect(try await bodies.collect(fits) { String(buffer: $0) } == "12345678")
        #expect(bodies.held == 0)
    }

    @Test(
        "What is held is bounded by its bytes: one that has sent little keeps out nobody, and is refused when memory is full"
    )
    func memory() async throws {
        let (parts, drip) = AsyncStream.makeStream(of: ByteBuffer.self)
        let slow = request(RequestBody(asyncSequence: parts))
        let collecting = Task { [bodies] in try await bodies.collect(slow) { _ in } }
        drip.yield(ByteBuffer(string: "1234"))
        try await eventually { [bodies] in bodies.held == 4 }

        try await bodies.collect(request(RequestBody(buffer: ByteBuffer(string: "12345678")))) { _ in
            #expect(bodies.held == 12)
        }
        drip.yield(ByteBuffer(string: "5"))
        try await eventually { [bodies] in bodies.held == 5 }
        let error = await #expect(throws: ManagementError.self) {
            try await bodies.collect(request(RequestBody(buffer: ByteBuffer(string: "12345678")))) { _ in }
        }
        #expect(error?.code == "BUSY")

        drip.finish()
        try await collecting.value
        #expect(bodies.held == 0)
    }

    private func request(_ body: RequestBody, _ headers: HTTPFields = [:]) -> Request {
        Request(
            head: HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/", headerFields: headers),
            body: body
        )
    }
}
