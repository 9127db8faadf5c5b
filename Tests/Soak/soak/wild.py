"""Clients that do whatever clients do, and what none should: they vanish, fall silent, talk nonsense, and come back."""

import itertools

from .client import Client
from .serving import GUARDED, MAX_PAYLOAD, TALK, WILD

#: How many principals there are, each of which may be revoked.
PRINCIPALS = 10

#: What no server has to understand, for the namespace that stands in for {}.
NONSENSE = [
    "", "4", "9", "40/nowhere,", "42{},[]", "43{},1", "43{},-1[]", "45{},1-[]",
    '42{},["subscribe"', '42{},{{"topic":"wild"}}', '42{},["nothing",1]',
    '45100000-{},["publish",{{"topic":"talk","payload":{{"_placeholder":true,"num":0}}}}]',
    '42{},["subscribe",{{"topic":["wild"]}}]', '42{},["ack",{{"topic":"wild","messageId":17}}]',
    '42{},["publish",{{"topic":"talk","payload":' + "[" * 200 + "]" * 200 + "}}]",
]
#: What is no websocket frame, and no payload of a POST: reserved bits, no mask, a length without end, text that is none.
RUBBISH = [b"\xf1\x80mask", b"\x81\x02no", b"\x81\xff" + b"\x7f" * 8 + b"mask", b"\x81\x82\0\0\0\0\xc3\x28", b"\x00" * 64]


class WildClient(Client):
    topic = WILD

    async def visit(self):
        # Good for a while: who does not renew it is cut off.
        self.token = self._new_token()
        self.does_acknowledge = True
        await self.join()
        await self.subscribe()
        for _ in range(self.rng.randint(1, 4)):
            await self.rng.choice([self._listen, self._listen, self._stall, self._publish, self._come_again, self._renew])()
        leave = self.rng.choice(LEAVINGS)
        self.note(leave.__name__.strip("_").replace("_", " "))
        await leave(self)

    def _new_token(self):
        return f"p{self.rng.randrange(PRINCIPALS)}:{self.rng.randint(3_000, 20_000)}"

    # While it is there.

    async def _listen(self):
        self.does_acknowledge = self.rng.random() < 0.8
        await self.stay(self.rng.uniform(1, 6))

    async def _stall(self):
        self.note("stalls")
        self.session.pause()
        await self.stay(self.rng.uniform(1, 10))
        self.session.resume()

    async def _come_again(self):
        await self.unsubscribe()
        await self.subscribe()

    async def _renew(self):
        if self.namespace == GUARDED:
            self.emit("auth", {"token": self._new_token()})
            await self.answer("authenticated")
            self.note("renewed its token")

    async def _publish(self):
        """Asks for an answer, for which it may not wait."""
        self._say(f'42{self.namespace},7["publish",{{"topic":"{TALK}","payload":{self.rng.randrange(1000)}}}]')

    def _say(self, packet):
        """What may be a publish, if it arrives."""
        if '"publish"' in packet:
            self.world.ledger.account(self.namespace, TALK).unanswered += 1
        self.send(packet)

    # How it leaves.

    async def _says_goodbye(self):
        await self.unsubscribe()
        self.session.goodbye()
        await self._first_of(5, self.session.ended)

    async def _leaves_without_a_word(self):
        self.session.drop()

    async def _is_reset(self):
        self.session.reset()

    async def _is_reset_with_a_backlog(self):
        self.session.pause()
        await self.stay(self.rng.uniform(4, 12))
        self.session.reset()

    async def _half_closes(self):
        self.session.half_close()
        await self._first_of(5, self.world.stopped, self.session.ended)

    async def _falls_silent(self):
        """Reads on, and answers no heartbeat: the server has to notice."""
        self.session.is_silent = True
        self.does_acknowledge = False
        await self.stay(60)

    async def _reads_nothing_more(self):
        """Nor will it hear that the server has cut it off."""
        self.session.pause()
        await self.stay(self.rng.uniform(20, 40))
        self.session.reset()

    async def _talks_nonsense(self):
        self._say(self.rng.choice(NONSENSE).format(self.namespace))
        await self._first_of(3, self.world.stopped, self.session.ended)

    async def _sends_rubbish(self):
        self.session.send_bytes(self.rng.choice(RUBBISH))
        await self._first_of(3, self.world.stopped, self.session.ended)

    async def _sends_too_much(self):
        self._say(f'42{self.namespace},["publish",{{"topic":"{TALK}","payload":"{"x" * MAX_PAYLOAD}"}}]')
        await self._first_of(5, self.world.stopped, self.session.ended)

    async def _acknowledges_at_random(self):
        for number in itertools.islice(itertools.count(self.rng.randrange(1000)), 50):
            self.acknowledge(f"AAAAAAAAAA-{number}")
        await self._says_goodbye()


LEAVINGS = [
    WildClient._says_goodbye, WildClient._leaves_without_a_word, WildClient._is_reset, WildClient._is_reset_with_a_backlog,
    WildClient._half_closes, WildClient._falls_silent, WildClient._reads_nothing_more, WildClient._talks_nonsense,
    WildClient._sends_rubbish, WildClient._sends_too_much, WildClient._acknowledges_at_random,
]
