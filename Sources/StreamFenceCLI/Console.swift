import ArgumentParser

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Whole lines to the terminal, at once: what reads a pipe must not wait for a buffer to fill.
enum Console {
    static func output(_ line: String) {
        write(line, to: STDOUT_FILENO)
    }

    static func error(_ line: String) {
        write(line, to: STDERR_FILENO)
    }

    private static func write(_ line: String, to descriptor: Int32) {
        var line = line + "\n"
        line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while let start = rest.baseAddress, rest.count > 0 {
                let written = platformWrite(descriptor, start, rest.count)
                // Nobody reads any more, and there is nowhere else to say so.
                guard written > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
            }
        }
    }
}

private func platformWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, bytes, count)
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
