"""A client: comes, subscribes to a topic, gets messages, and acknowledges them where that is asked for."""

import asyncio
import json

from .connecting import PATIENCE, Ended
from .ledger import Subscription
from .messages import message_id, number_of
from .polling import PollingSession
from .serving import GUARDED, NAMESPACES
from .upgrade import UpgradedSession
from .websocket import WebSocketSession


class Refused(Exception):
    """The server said no, with a code."""


class Client:
    """One for the whole soak: it comes and goes as `visit` of its kind says, with choices of its own."""

    #: What it subscribes to, and with which token it may where one is needed.
    topic = None
    token = None

    def __init__(self, world, number, rng):
        self.world = world
        self.rng = rng
        self.address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        paths = list(NAMESPACES)
        self.namespace = paths[number % len(paths)]
        self.is_retried = NAMESPACES[self.namespace].get("deliveryMode") == "AT_LEAST_ONCE"
        self.may_reorder = "coalesceKey" in NAMESPACES[self.namespace]
        self.transport = rng.choice([WebSocketSession, UpgradedSession, PollingSession])
        self.account = world.ledger.account(self.namespace, self.topic)
        self.session = None
        #: Is there from `subscribe` on, until the answer to `unsubscribe`.
        self.subscription = None
        self.does_acknowledge = True
        self._awaited = {}

    async def live(self, delay):
        """Visits again and again until the soak is over."""
        await self.rest(delay)
        while not self.world.is_over:
            try:
                await self.visit()
            except Refused as refusal:
                self.note(f"refused: {refusal}")
            except Ended as error:
                self.broke(f"{self.transport.__name__}: {error}")
            if self.session and not self.session.ended.done():
                self.session.drop()
            self.session = self.subscription = None
            await self.rest(self.rng.uniform(0, 3))

    async def visit(self):
        raise NotImplementedError

    def broke(self, reason):
        """A visit ended before the client wanted it to."""
        self.note("cut off")

    def note(self, event):
        self.world.ledger.events[event] += 1

    async def rest(self, seconds):
        """While it is away."""
        await self._first_of(seconds, self.world.stopped)

    async def stay(self, seconds):
        """While it is there."""
        await self._first_of(seconds, self.world.stopped, self.session.ended)
        if self.session.ended.done():
            raise Ended(self.session.ended.result())

    @staticmethod
    async def _first_of(seconds, *futures):
        await asyncio.wait(futures, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    # What it says.

    async def join(self):
        self.session = await self.transport.open(self.world.port, self.address, self.receive)
        token = json.dumps({"token": self.token}) if self.namespace == GUARDED else ""
        self.session.send(f"40{self.namespace},{token}")
        await self.answer("joined")
        self.note(f"joined over {self.transport.__name__}")

    async def subscribe(self):
        self.subscription = Subscription(self.account, self.may_reorder)
        self.emit("subscribe", {"topic": self.topic})
        try:
            await self.answer("subscribed")
        except Refused:
            self.subscription = None
            raise

    async def unsubscribe(self):
        """From the answer on nothing comes that the account does not have."""
        self.does_acknowledge = False
        self.emit("unsubscribe", {"topic": self.topic})
        await self.answer("unsubscribed")
        self.does_acknowledge = True
        self.subscription = None

    def acknowledge(self, its_id):
        if not self.session.ended.done():
            self.account.acknowledgements += 1
            self.emit("ack", {"topic": self.topic, "messageId": its_id})

    def emit(self, event, argument):
        self.send(f"42{self.namespace},{json.dumps([event, argument])}")

    def send(self, packet):
        if not self.session.ended.done():
            self.session.send(packet)

    async def answer(self, name):
        """Waits for the answer of this name, which is the only one that is under way."""
        awaited = self._awaited[name] = asyncio.get_running_loop().create_future()
        await self._first_of(2 * PATIENCE, awaited, self.session.ended)
        self._awaited.pop(name, None)
        if awaited.done():
            return awaited.result()
        if self.session.ended.done():
            raise Ended(self.session.ended.result())
        raise Ended(f"no {name} in {2 * PATIENCE:.0f} s")

    # What it hears.

    def receive(self, packet):
        number = number_of(packet)
        if number is not None:
            if self.subscription:
                self.subscription.received(number)
                if self.is_retried and self.does_acknowledge:
                    self.message_arrived(message_id(packet))
            return
        kind, _, rest = packet.decode().partition(",")
        if kind == f"40{self.namespace}":
            self._answered("joined", json.loads(rest)["sid"])
        elif kind == f"44{self.namespace}":
            self._refused(json.loads(rest)["data"]["code"])
        elif kind == f"42{self.namespace}":
            self.heard(*json.loads(rest))

    def heard(self, event, argument, *_):
        if event == "gap":
            self.account.told_lost += argument["dropped"]
        elif event == "error":
            self._refused(argument["code"])
        else:
            self._answered(event, argument)

    def message_arrived(self, its_id):
        """One that asks to be acknowledged."""
        self.acknowledge(its_id)

    def _answered(self, name, value):
        if (awaited := self._awaited.get(name)) and not awaited.done():
            awaited.set_result(value)

    def _refused(self, code):
        self.note(f"error {code}")
        for awaited in self._awaited.values():
            if not awaited.done():
                awaited.set_exception(Refused(code))
