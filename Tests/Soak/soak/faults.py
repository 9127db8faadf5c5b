"""What goes wrong around a server: disks, files, a token service, and those who run it."""

import contextlib
import json
import os

from harness.small_disk import Ballast

from .polling import HTTPConnection
from .publishers import call, too_large_a_message
from .serving import GUARDED
from .wild import PRINCIPALS


class Faults:
    """Brings each fault about in turn, in an order that the seed decides, until the soak is over."""

    def __init__(self, world, rng, seconds):
        """One in so many seconds."""
        self.world = world
        self.rng = rng
        self.seconds = seconds
        self.spill = world.server.spill

    async def go_wrong_until_the_end(self):
        while not self.world.silence.is_set():
            for fault in self.rng.sample(FAULTS, len(FAULTS)):
                await self.world.pause(self.seconds * self.rng.uniform(0.7, 1.3))
                if self.world.silence.is_set():
                    break
                await fault(self)
                self.world.ledger.events[f"fault: {fault.__name__.replace('_', ' ')}"] += 1

    # The disk.

    async def disk_full(self):
        ballast = Ballast(self.spill.path.parent)
        try:
            await self.world.pause(self.seconds / 2)
        finally:
            ballast.remove()

    async def spill_folder_vanishes(self):
        # The server goes on writing into it meanwhile: some of it may be there again before all is gone.
        with contextlib.suppress(OSError):
            self.spill.vanish()

    async def spilled_messages_damaged(self):
        for file in self._some_files():
            self._harm(file, lambda size: (self.rng.randrange(size), os.urandom(1)))

    async def spill_files_emptied(self):
        for file in self._some_files():
            self._harm(file, lambda _: None)

    async def spill_files_removed(self):
        for file in self._some_files():
            file.unlink(missing_ok=True)

    def _some_files(self):
        try:
            files = self.spill.files()
        except OSError:
            # It changed while it was being looked at.
            return []
        return self.rng.sample(files, min(len(files), 5))

    @staticmethod
    def _harm(file, change):
        """Writes bytes where `change` says for the file's size; cuts it off if it says nothing."""
        # The server may have done with it.
        with contextlib.suppress(OSError), file.open("r+b") as opened:
            size = os.fstat(opened.fileno()).st_size
            if size and (changed := change(size)):
                opened.seek(changed[0])
                opened.write(changed[1])
            else:
                opened.truncate(0)

    # Those who decide who may do what.

    async def token_service_down(self):
        self.world.server.outage.touch()
        try:
            await self.world.pause(self.seconds / 2)
        finally:
            self.world.server.outage.unlink()

    async def principals_revoked(self):
        for number in self.rng.sample(range(PRINCIPALS), PRINCIPALS // 2):
            answer = await self._call("/api/revoke", json.dumps({"principal": f"p{number}"}))
            self.world.ledger.events[f"clients of {GUARDED} revoked"] += answer["clients"]

    # The application.

    async def publishes_refused(self):
        """What is no call of the API, and a message that is too large."""
        for body in ("{", "[]", '{"namespace":"/nowhere","topic":"wild","payload":1}', too_large_a_message()):
            answer = await self._call("/api/publish", body)
            self.world.ledger.events[f"publish refused: {answer['code']}"] += 1

    async def _call(self, path, body):
        """On a connection of its own: a refusal may end it."""
        connection = await HTTPConnection.open(self.world.server.management_port)
        answer = await call(connection, path, body)
        connection.drop()
        return answer


FAULTS = [
    Faults.disk_full, Faults.spill_folder_vanishes, Faults.spilled_messages_damaged, Faults.spill_files_emptied,
    Faults.spill_files_removed, Faults.token_service_down, Faults.principals_revoked, Faults.publishes_refused,
]
