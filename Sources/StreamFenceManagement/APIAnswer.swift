import Hummingbird
import NIOCore
import StreamFence
import StreamFenceSocketIO

/// What a call of the API is answered with: `{"ok":true,…}` or `{"ok":false,"code":…,"message":…}`.
enum APIAnswer {
    case published(PublishReceipt)
    /// How many clients were cut off.
    case revoked(Int)
    case refused(ManagementError)

    var response: Response {
        var headers: HTTPFields = [.contentType: "application/json; charset=utf-8"]
        guard case .refused(let error) = self else { return Response(headers, json) }
        switch error.status {
        case .unauthorized:
            headers[.wwwAuthenticate] = "Bearer"
            headers[.connection] = "close"
        // The rest of the request is not worth waiting for, and neither is another like it.
        case .forbidden, .misdirectedRequest, .contentTooLarge: headers[.connection] = "close"
        // Nothing is known of how long it takes; a client that waits a moment is what is wanted.
        case .serviceUnavailable: headers[.retryAfter] = "1"
        default: break
        }
        return Response(status: error.status, headers, json)
    }

    /// Several, as an array of their own answers.
    static func response(_ answers: [APIAnswer]) -> Response {
        var json = ByteBuffer(string: "[")
        for (index, answer) in answers.enumerated() {
            if index > 0 { json.writeString(",") }
            json.writeImmutableBuffer(answer.json)
        }
        json.writeString("]")
        return Response([.contentType: "application/json; charset=utf-8"], json)
    }

    private var json: ByteBuffer {
        var json = ByteBuffer()
        switch self {
        case .published(let receipt):
            json.writeString(#"{"ok":true,"messageId":"#)
            json.writeJSONString(receipt.messageID.description)
            json.writeString(#","recipients":\#(receipt.recipients)}"#)
        case .revoked(let clients):
            json.writeString(#"{"ok":true,"clients":\#(clients)}"#)
        case .refused(let error):
            json.writeString(#"{"ok":false,"code":"#)
            json.writeJSONString(error.code)
            json.writeString(#","message":"#)
            json.writeJSONString(error.message)
            json.writeString("}")
        }
        return json
    }
}

extension Response {
    init(status: HTTPResponse.Status = .ok, _ headers: HTTPFields, _ body: ByteBuffer) {
        self.init(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    init(status: HTTPResponse.Status = .ok, text: String, contentType: String = "text/plain; charset=utf-8") {
        self.init(status: status, [.contentType: contentType], ByteBuffer(string: text))
    }
}
