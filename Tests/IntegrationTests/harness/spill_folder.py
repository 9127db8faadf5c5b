"""The folder that a server spills into, as somebody sees it who looks from outside."""

import base64
import json
import shutil
from pathlib import Path

from .journal import wait_until

#: How a message on `snapshot` begins, wherever it is.
START = b'42/feed,["snapshot"'


class SpillFolder:
    def __init__(self, path):
        self.path = Path(path)

    def seen_by(self, process):
        """The same folder where it is mounted for this process only."""
        return SpillFolder(Path(f"/proc/{process.pid}/root") / self.path.relative_to("/"))

    def files(self):
        """The files of lanes, oldest first."""
        return sorted(file for file in self.path.rglob("*") if file.name != ".lock" and not file.is_dir())

    def messages(self):
        """How many messages lie here."""
        return sum(self._messages_in(file) for file in self.files())

    @staticmethod
    def _messages_in(file):
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            return 0
        if file.suffix == ".json" and content.endswith(b"}\n"):
            content = base64.b64decode(json.loads(content)["bytes"])
        return content.count(START)

    def wait_for_messages(self, number):
        wait_until(lambda: self.messages() == number, f"{number} messages in {self.path}")

    def wait_until_empty(self):
        wait_until(lambda: self.path.is_dir() and not self.lanes(), f"no lanes in {self.path}")

    def lanes(self):
        """What is in the folder for lanes, empty folders too."""
        return [path for path in self.path.iterdir() if path.name != ".lock"]

    def vanish(self):
        shutil.rmtree(self.path)
