import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import StreamFencePluginKit

/// The service that knows about tokens.
///
/// Any thread. Its connections are kept, and closed some time after the last reference is gone.
final class Service: Sendable {
    /// What is read of an answer, in bytes.
    static let mostAnswerBytes = 65_536

    /// The plugin's own thread: nothing of the server waits for it. It lives as long as the process.
    private static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private let client: HTTPClient
    private let url: String
    private let headers: HTTPHeaders
    private let signer: Signer
    /// The time since 1970 UTC.
    private let now: @Sendable () -> Duration

    init(_ settings: Settings, now: @escaping @Sendable () -> Duration) throws {
        url = settings.url.text
        self.now = now
        signer = try SecretFile.signer(settings.secret)
        var headers = HTTPHeaders([("content-type", "application/json"), ("accept", "application/json")])
        for (name, value) in settings.headers { headers.replaceOrAdd(name: name, value: value) }
        self.headers = headers
        // Last, as it has to be shut down again.
        client = HTTPClient(eventLoopGroup: Self.loops, configuration: try Self.configuration(settings))
        if !settings.url.isPrivate {
            PluginLog.write(.warning, "url: http to another machine: tokens and answers travel unencrypted")
        }
    }

    deinit {
        let client = client
        // Nobody waits for that: its own thread closes its connections.
        Task { try? await client.shutdown() }
    }

    private static func configuration(_ settings: Settings) throws -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = TimeAmount(settings.timeout)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = settings.maxConcurrent
        // A service that is down is said to be, not waited for.
        configuration.connectionPool.retryConnectionEstablishment = false
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.applicationProtocols = ["http/1.1"]
        if let file = settings.caFile {
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file))
            } catch {
                throw Failure("\(file): expected certificates in PEM, found none that can be read")
            }
        }
        configuration.tlsConfiguration = tls
        return configuration
    }

    /// Asks, and waits for the answer until the task is cancelled.
    func answer(_ question: Question) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = headers
        let signed = signer.headers(for: question.body, id: Self.newID(), at: now().components.seconds)
        for header in signed { request.headers.replaceOrAdd(name: header.name, value: header.value) }
        request.body = .bytes(question.body)
        do {
            return try await read(try await client.execute(request, deadline: .distantFuture))
        } catch let error where !(error is Failure || error is CancellationError) {
            throw Failure("expected an answer of the service, found none: \(Self.reason(error))")
        }
    }

    /// Some of these errors say nothing, and others name files of the library.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError:
            error.shortDescription
        case let error as NIOConnectionError:
            error.connectionErrors.map { "\($0.error)" }.joined(separator: "; ")
        case NIOSSLError.handshakeFailed(let cause) where "\(cause)".contains("CERTIFICATE_VERIFY_FAILED"):
            "no authority that is known has signed its certificate"
        default:
            "\(error)"
        }
    }

    private func read(_ response: HTTPClientResponse) async throws -> Answer {
        switch response.status {
        case .ok:
            return try Answer(json: try await body(of: response))
        case .unauthorized, .forbidden:
            // What is not read would cost the connection.
            _ = try? await body(of: response)
            return Answer(.reject(reason: "the service answered with the status \(response.status.code)"))
        default:
            throw Failure("expected an answer with the status 200, found \(response.status.code)")
        }
    }

    private func body(of response: HTTPClientResponse) async throws -> [UInt8] {
        do {
            return Array(buffer: try await response.body.collect(upTo: Self.mostAnswerBytes))
        } catch is NIOTooManyBytesError {
            throw Failure("expected an answer of at most \(Self.mostAnswerBytes) bytes, found more")
        }
    }

    private static func newID() -> String {
        let digits = "0123456789abcdef"
        return "msg_" + String((0..<32).map { _ in digits.randomElement() ?? "0" })
    }
}
