"""The real executable, serving."""

import re
import signal

from .counts import Counts
from .process import Process


class Server(Process):
    """`streamfence serve`, from its first `listening` lines to its clean end."""

    def __init__(self, executable, arguments, listeners=1, cwd=None, env=None):
        super().__init__([executable, "serve", *arguments], cwd=cwd, env=env)
        self.urls = {}
        self._was_asked_to_stop = False
        self._has_crashed = False
        try:
            for _ in range(listeners):
                name, url = self.line(r"^listening (\S+) (http://\S+:\d+)$").groups()
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

    def stop(self, number=signal.SIGTERM):
        """Asks the server to stop, unless it was asked before, and insists that it ends cleanly."""
        if self._has_crashed:
            return
        self.ask_to_stop(number)
        code = self.wait()
        assert code == 0, f"`{self.name}` ended with exit code {code}, expected 0; stderr:\n{self.stderr}"

    def crash(self):
        """Ends the server without any warning, as a machine does that loses its power."""
        self._has_crashed = True
        self.kill()

    def counts(self):
        """What became of the messages; stops the server. Needs `--log-level info`, which the fixture `serve` gives."""
        self.stop()
        return Counts(self.err.all())
