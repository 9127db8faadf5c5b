"""Clients that do only what clients may: they pause, acknowledge late, twice or wrongly, but never leave without a word."""

import asyncio

from .client import Client
from .connecting import Ended
from .serving import ACKNOWLEDGED, STEADY

LATE = 1.5 * ACKNOWLEDGED["ackTimeoutMs"] / 1000


class SteadyClient(Client):
    topic = STEADY
    token = f"{STEADY}:0"

    async def visit(self):
        await self.join()
        for _ in range(self.rng.randint(1, 3)):
            await self.subscribe()
            await self._be_there()
            await self.unsubscribe()
            if self.world.is_over:
                break
        self.session.goodbye()
        await self._first_of(5, self.session.ended)

    async def _be_there(self):
        for _ in range(self.rng.randint(1, 4)):
            if self.rng.random() < 0.4:
                await self._stall()
            else:
                await self.stay(self.rng.uniform(1, 8))

    async def _stall(self):
        self.note("stalls")
        self.session.pause()
        try:
            # Not so long that a heartbeat goes without an answer.
            await self.stay(self.rng.uniform(1, 5))
        finally:
            self.session.resume()
        # And reads what has come, the heartbeat among it, before it stalls again.
        await self.stay(1)

    def message_arrived(self, its_id):
        choice = self.rng.random()
        if choice < 0.85:
            self.acknowledge(its_id)
        elif choice < 0.90:
            self.acknowledge(its_id)
            self.acknowledge(its_id)
        elif choice < 0.95:
            subscription = self.subscription
            asyncio.get_running_loop().call_later(LATE, self._acknowledge_late, subscription, its_id)
        elif choice < 0.97:
            self.acknowledge(f"{its_id}000")

    def _acknowledge_late(self, subscription, its_id):
        if subscription is self.subscription and self.does_acknowledge:
            self.acknowledge(its_id)

    def broke(self, reason):
        """What was on its way to it nobody knows now."""
        if self.subscription:
            self.account.broken[reason] += 1
        else:
            super().broke(reason)
