"""The real executable, serving."""

import re
import signal

from .counts import Counts
from .process import Process


class Server(Process):
    """`streamfence serve`, from its first `listening` lines to its clean end."""

    def __init__(self, executable, arguments, listeners=1, cwd=None, env=None, within=()):
        """`within` is a command that does what its last argument and the ones after it say, in other circumstances."""
        super().__init__([*within, executable, "serve", *arguments], cwd=cwd, env=env)
        self.urls = {}
        self._was_asked_to_stop = False
        self._was_killed = False
        try:
            for _ in range(listeners):
                name, url = self.line(r"^listening (\S+) (https?://\S+:\d+)$").groups()
                self.urls[name] = url
        except AssertionError:
            self.kill()
            raise

    @property
    def url(self):
        """Of the only listener."""
        (url,) = self.urls.values()
        return url

    @property
    def port(self):
        return int(re.search(r":(\d+)$", self.url).group(1))

    def ask_to_stop(self, number=signal.SIGTERM):
        """Once: a second signal may well mean something else."""
        if not self._was_asked_to_stop and not self.has_ended:
            self._was_asked_to_stop = True
            self.signal(number)

    def kill_in_the_middle(self):
        """SIGKILL, as a test's scenario: the end is not clean, and is not expected to be."""
        self._was_killed = True
        self.kill()

    def stop_at_once(self):
        """A second signal: the server ends whatever is queued, and says so with its exit code."""
        self._was_killed = True
        self.signal(signal.SIGTERM)
        code = self.wait()
        assert code == 1, f"`{self.name}` ended with exit code {code}, expected 1; stderr:\n{self.stderr}"

    def stop(self, number=signal.SIGTERM):
        """Asks the server to stop, unless it was asked or killed before, and insists that it ends cleanly."""
        if self._was_killed:
            return
        self.ask_to_stop(number)
        code = self.wait()
        assert code == 0, f"`{self.name}` ended with exit code {code}, expected 0; stderr:\n{self.stderr}"

    def counts(self):
        """What became of the messages; stops the server. Needs `--log-level info`, which the fixture `serve` gives."""
        self.stop()
        return Counts(self.err.all())
