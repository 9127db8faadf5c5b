import ArgumentParser
import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Whole lines to the terminal, at once: what reads a pipe must not wait for a buffer to fill.
enum Console {
    /// - Returns: false if nobody reads standard output any more.
    @discardableResult
    static func output(_ line: String) -> Bool {
        write(line, to: STDOUT_FILENO)
    }

    static func error(_ line: String) {
        // If nobody reads this either, there is nowhere else to say so.
        _ = write(line, to: STDERR_FILENO)
    }

    /// Standard input to its end.
    static func input() -> ByteBuffer {
        var input = ByteBuffer()
        var count = 1
        while count > 0 {
            count = input.writeWithUnsafeMutableBytes(minimumWritableBytes: 65_536) { room in
                max(0, retryingInterrupted { platformRead(STDIN_FILENO, room) })
            }
        }
        return input
    }

    private static func write(_ line: String, to descriptor: Int32) -> Bool {
        var line = line + "\n"
        return line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while rest.count > 0 {
                let written = retryingInterrupted { platformWrite(descriptor, rest) }
                guard written > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
            }
            return true
        }
    }

    /// A signal that arrives meanwhile is no reason to lose a line.
    private static func retryingInterrupted(_ body: () -> Int) -> Int {
        var result = body()
        while result < 0, errno == EINTR { result = body() }
        return result
    }
}

private func platformWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}

private func platformRead(_ descriptor: Int32, _ room: UnsafeMutableRawBufferPointer) -> Int {
    read(descriptor, room.baseAddress, room.count)
}

/// How a command ends when it can't do what it was asked; the message has gone to standard error.
enum Failure {
    /// Exit code 1: it failed while running.
    static func running(_ message: String) -> ExitCode {
        Console.error(message)
        return ExitCode(1)
    }

    /// Exit code 78: the configuration is wrong.
    static func configuration(_ message: String) -> ExitCode {
        Console.error(message)
        return ExitCode(78)
    }
}
