"""A program under test, with its output as it comes."""

import re
import signal
import subprocess
import threading

from .journal import PATIENCE, Journal


class Process:
    def __init__(self, command, cwd=None, env=None, stdin=subprocess.DEVNULL):
        self.name = " ".join(str(part) for part in command)
        self.out = Journal(f"stdout of `{self.name}`")
        self.err = Journal(f"stderr of `{self.name}`")
        self._process = subprocess.Popen(
            [str(part) for part in command],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=env,
        )
        self._readers = [
            threading.Thread(target=self._read, args=(stream, journal), daemon=True)
            for stream, journal in ((self._process.stdout, self.out), (self._process.stderr, self.err))
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream, journal):
        for line in stream:
            journal.record(line.decode("utf-8", "replace").rstrip("\r\n"))
        journal.end("the program ended")

    def line(self, pattern, journal=None):
        """The match of the earliest line of stdout (or `journal`) that `pattern` is found in; waits for it."""
        search = re.compile(pattern).search
        return search(self.take_line(search, f"a line with {pattern!r}", journal))

    def take_line(self, matches, what, journal=None):
        try:
            return (journal or self.out).take(matches, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\nexit code {self._process.poll()}, stderr:\n{self.stderr}") from None

    @property
    def stdout(self):
        return "\n".join(self.out.all())

    @property
    def stderr(self):
        return "\n".join(self.err.all())

    def wait(self):
        """The exit code; waits for the end and for the last of the output."""
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"waited {PATIENCE:.0f} s for the end of `{self.name}`\nstdout:\n{self.stdout}\nstderr:\n{self.stderr}"
            ) from None
        for reader in self._readers:
            reader.join(PATIENCE)
        return code

    @property
    def pid(self):
        return self._process.pid

    @property
    def has_ended(self):
        return self._process.poll() is not None

    def signal(self, number=signal.SIGTERM):
        self._process.send_signal(number)

    def kill(self):
        """Ends the program without asking; for the clean-up after a test."""
        if not self.has_ended:
            self._process.kill()
        self.wait()
        self._process.stdout.close()
        self._process.stderr.close()
