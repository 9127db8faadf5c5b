#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file with a secret.
enum SecretFile {
    /// In bytes.
    private static let most = 4096

    /// What signs with a secret that is known, or read from its file now.
    static func signer(_ source: Settings.SecretSource?) throws -> Signer {
        switch source {
        case .known(let signer): return signer
        case .file(let path):
            do { return try Signer(secret: try read(path)) } catch { throw Failure("\(path): \(error)") }
        case nil: throw Failure("expected a secret, found none")
        }
    }

    private static func read(_ path: String) throws -> String {
        var found = stat()
        // Not to wait for a writer where somebody put a pipe.
        guard stat(path, &found) == 0, found.st_mode & S_IFMT == S_IFREG, found.st_size <= most else {
            throw Failure("expected a regular file of at most \(most) bytes with a secret, found none")
        }
        guard let data = try? Data(contentsOf: URL(filePath: path)), let text = String(bytes: data, encoding: .utf8)
        else {
            throw Failure("expected a secret as text, found something that cannot be read")
        }
        // An editor's last line break is not part of a secret.
        return text.last?.isNewline == true ? String(text.dropLast()) : text
    }
}
