"""One soak, from the first client to the last."""

import asyncio
import random

from .faults import Faults
from .ledger import Ledger
from .memory import descriptors, resident
from .publishers import publishers
from .serving import NAMESPACES
from .steady import SteadyClient
from .wild import WildClient

#: One client in so many is steady.
STEADY_ONE_IN = 4
#: Seconds for all clients to leave.
LEAVING = 90.0


class World:
    """Publishers fall silent first, then clients leave: what was on its way still has somebody to arrive at."""

    def __init__(self, server, seed, clients, seconds):
        self.server = server
        self.port = server.port
        self.ledger = Ledger()
        #: Of the server's process, every second: seconds since the beginning, resident bytes, open files.
        self.samples = []
        #: How late in seconds this process did what was due: by so much was every client, too.
        self.longest_delay = 0.0
        #: Publishers and clients that did not come to an end.
        self.stuck = []
        self.publishers = []
        self._seed = seed
        self._clients = clients
        self._seconds = seconds

    @property
    def is_over(self):
        return self.stopped.done()

    def rng_of(self, whom):
        """Choices of their own, the same for the same seed."""
        return random.Random(f"{self._seed} {whom}")

    async def pause(self, seconds):
        """Returns early when publishers are to fall silent."""
        try:
            await asyncio.wait_for(self.silence.wait(), seconds)
        except TimeoutError:
            pass

    def end(self):
        """Before the time is over. On the event loop."""
        self.silence.set()

    async def run(self, say):
        """`say` is called every ten seconds, to say how it goes."""
        loop = asyncio.get_running_loop()
        self.silence = asyncio.Event()
        self.stopped = loop.create_future()
        watch = asyncio.create_task(self._watch(say))
        self.publishers = publishers(self, self.rng_of)
        # In a short soak, each fault once at least.
        faults = Faults(self, self.rng_of("faults"), seconds=min(6.0, self._seconds / 12))
        sources = [asyncio.create_task(each.publish_until_the_end()) for each in self.publishers]
        sources.append(asyncio.create_task(faults.go_wrong_until_the_end()))
        clients = [asyncio.create_task(client.live(delay)) for client, delay in self._population()]

        await self.pause(self._seconds)
        self.silence.set()
        await self._finish(sources, "publishers and faults")
        self.stopped.set_result(None)
        await self._finish(clients, "clients")
        watch.cancel()

    def _population(self):
        """They come over a while, not all in one moment."""
        arrival = min(20.0, self._seconds / 6)
        for number in range(self._clients):
            rng = self.rng_of(f"client {number}")
            # As many as there are namespaces are of one kind.
            kind = SteadyClient if number // len(NAMESPACES) % STEADY_ONE_IN == 0 else WildClient
            yield kind(self, number, rng), rng.uniform(0, arrival)

    async def _finish(self, tasks, whose):
        done, pending = await asyncio.wait(tasks, timeout=LEAVING)
        if pending:
            self.stuck.append(f"{len(pending)} {whose} did not end in {LEAVING:.0f} s")
        for task in pending:
            task.cancel()
        for task in done:
            if error := task.exception():
                self.stuck.append(f"one of the {whose} failed: {error!r}")

    async def _watch(self, say):
        loop = asyncio.get_running_loop()
        start, pid = loop.time(), self.server.process.pid
        while not self.server.process.has_ended:
            try:
                self.samples.append((loop.time() - start, resident(pid), descriptors(pid)))
            except (OSError, TypeError):
                # It is ending at this moment.
                await asyncio.sleep(0.1)
                continue
            if len(self.samples) % 10 == 0:
                say(self)
            due = loop.time() + 1
            await asyncio.sleep(1)
            self.longest_delay = max(self.longest_delay, loop.time() - due)
        self.stuck.append("the server ended")
        self.end()
