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

/// The most a configuration file may hold, in bytes.
let largestFile = 1 << 20

/// The environment of this process, as it is now.
@usableFromInline
package func processEnvironment() -> [String: String] {
    ProcessInfo.processInfo.environment
}

/// The text of a file. Plain `read`, so that a file which grows or lies about its size still meets the limit.
func readText(_ path: String) throws(SyntaxProblem) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(errno) }
    defer { close(descriptor) }

    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= largestFile {
        let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        if count < 0 {
            if errno == EINTR { continue }
            throw unreadable(errno)
        }
        if count == 0 { break }
        bytes.append(contentsOf: chunk.prefix(count))
    }
    guard bytes.count <= largestFile else {
        throw SyntaxProblem(line: nil, message: "expected at most \(largestFile) bytes, found more")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
        throw SyntaxProblem(line: firstLineNotUTF8(bytes), message: "expected UTF-8 text, found other bytes")
    }
    return text
}

private func unreadable(_ code: Int32) -> SyntaxProblem {
    SyntaxProblem(line: nil, message: "can't be read: \(String(cString: strerror(code)))")
}

/// No UTF-8 sequence spans a line break, so the lines can be judged one by one.
private func firstLineNotUTF8(_ bytes: [UInt8]) -> Int? {
    bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        .firstIndex { String(validating: $0, as: UTF8.self) == nil }
        .map { $0 + 1 }
}
