"""Waiting for things to happen, without sleeping."""

import threading
import time

#: Seconds until a wait gives up. No test passes because time went by, so this may be as long as a slow machine needs.
PATIENCE = 60.0


def wait_until(holds, what):
    """For what nobody tells of, such as files: asks again and again, and returns the first answer that is true."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := holds()):
        assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} s for {what}"
        time.sleep(0.01)
    return answer


class Journal:
    """What one participant did or received, in order. Threads record; the test waits and takes."""

    def __init__(self, owner):
        self.owner = owner
        self._entries = []
        self._taken = []
        self._ended = None
        self._changed = threading.Condition()

    def record(self, entry):
        with self._changed:
            self._entries.append(entry)
            self._taken.append(False)
            self._changed.notify_all()

    def end(self, reason):
        """Nothing more will come; whoever still waits is told at once."""
        with self._changed:
            self._ended = self._ended or reason
            self._changed.notify_all()

    def take(self, matches, what):
        """The earliest entry that `matches` and was not taken before; waits for it."""
        with self._changed:
            seen = 0
            while True:
                for index in range(seen, len(self._entries)):
                    if not self._taken[index] and matches(self._entries[index]):
                        self._taken[index] = True
                        return self._entries[index]
                seen = len(self._entries)
                if self._ended:
                    self._fail(f"waited for {what}, but {self._ended}")
                if not self._changed.wait(PATIENCE):
                    self._fail(f"waited {PATIENCE:.0f} s for {what}")

    def wait_for_end(self):
        with self._changed:
            if not self._changed.wait_for(lambda: self._ended, PATIENCE):
                self._fail(f"waited {PATIENCE:.0f} s for the end")
            return self._ended

    def all(self, matches=lambda entry: True):
        with self._changed:
            return [entry for entry in self._entries if matches(entry)]

    def _fail(self, problem):
        last = "\n".join(f"  {str(entry)[:300]}" for entry in self._entries[-20:]) or "  nothing"
        raise AssertionError(f"{self.owner} {problem}; the last entries:\n{last}")
