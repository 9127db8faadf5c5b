import Foundation
import Logging
import Testing

@testable import StreamFence

@Suite("Certificates that are replaced while a server runs")
struct CertificateStoreTests {
    private let folder: URL
    private let configuration: TLSConfiguration

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "streamfence-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        configuration = TLSConfiguration(
            certChainPemPath: folder.appending(path: "server.pem").path,
            privateKeyPemPath: folder.appending(path: "server.key").path
        )
        try issue("server", days: 10)
    }

    /// A certificate that signs itself, and its key.
    private func issue(_ name: String, days: Int) throws {
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/env")
        openssl.arguments =
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-days", "\(days)", "-subj", "/CN=localhost", "-keyout", folder.appending(path: "\(name).key").path]
            + ["-out", folder.appending(path: "\(name).pem").path]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)
    }

    private func store() throws -> CertificateStore {
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try CertificateStore(configuration, silent, now: { .seconds(Date().timeIntervalSince1970) })
    }

    private func replace(_ ending: String) throws {
        let (next, file) = (folder.appending(path: "next.\(ending)"), folder.appending(path: "server.\(ending)"))
        try Data(contentsOf: next).write(to: file, options: .atomic)
    }

    @Test("Files that change are read when they have been the same for two looks")
    func settled() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try store()
        let expiry = store.expiry
        store.look()
        try issue("next", days: 20)
        try replace("pem")
        // The key is still the old one: nobody is to hear of that.
        store.look()
        try replace("key")
        store.look()
        #expect(store.reloads == (0, 0))
        #expect(store.expiry == expiry)
        store.look()
        #expect(store.reloads == (1, 0))
        #expect(store.expiry > expiry)
        store.look()
        #expect(store.reloads == (1, 0))
    }

    @Test("A pair that does not fit is refused once, and the one before stays")
    func refused() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try store()
        let expiry = store.expiry
        try issue("next", days: 20)
        try replace("key")
        for _ in 1...4 { store.look() }
        #expect(store.reloads == (0, 1))
        #expect(store.expiry == expiry)
        #expect(throws: CertificateError.self) { try store.reload() }
        try FileManager.default.removeItem(at: folder.appending(path: "server.pem"))
        for _ in 1...4 { store.look() }
        #expect(store.reloads == (0, 3))
        #expect(store.expiry == expiry)
    }
}
