import Hummingbird
import StreamFence
import Testing

@testable import StreamFenceManagement

@Suite("Answers of the management API")
struct AnswerTests {
    @Test("A refusal is JSON whatever its message holds, with the headers its status asks for")
    func refusals() {
        let message = "expected \"a\"\nfound \\"
        let unavailable = APIAnswer.refused(ManagementError(.serviceUnavailable, "QUEUE_OVERFLOW", message)).response
        #expect(unavailable.status == .serviceUnavailable)
        #expect(unavailable.headers[.retryAfter] == "1")
        #expect(unavailable.headers[.contentType] == "application/json; charset=utf-8")
        let unauthorized = APIAnswer.refused(.unauthorized).response
        #expect(unauthorized.status == .unauthorized)
        #expect(unauthorized.headers[.wwwAuthenticate] == "Bearer")
        #expect(unauthorized.headers[.retryAfter] == nil)
    }

    @Test("A wrong configuration is refused with every problem")
    func configuration() {
        #expect {
            try ManagementServer(configuration: ManagementConfiguration(host: "0.0.0.0", port: -1), servers: [])
        } throws: { ($0 as? ConfigurationError)?.problems.count == 2 }
    }
}
