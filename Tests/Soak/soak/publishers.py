"""One publisher for each topic, so that its messages have an order: half over the management port, half as clients."""

import asyncio
import json

from .connecting import PATIENCE, Ended
from .messages import payload
from .polling import HTTPConnection
from .serving import GUARDED, LANE, NAMESPACES, STEADY, WILD
from .websocket import WebSocketSession

#: Messages a second of one topic, and how many more come at once now and then: so that slow clients are too slow.
RATE = 1.5
BURST, BURST_EVERY = 20, 12


class Publisher:
    def __init__(self, world, namespace, topic, rng):
        self.world = world
        self.namespace = namespace
        self.topic = topic
        self.rng = rng
        self.account = world.ledger.account(namespace, topic)
        #: Why it had to give up: it never should.
        self.failure = None

    async def publish_until_the_end(self):
        number = 0
        try:
            await self.open()
            while not self.world.silence.is_set():
                for _ in range(BURST if self.rng.randrange(BURST_EVERY) == 0 else 1):
                    await self._publish(number)
                    number += 1
                await self.world.pause(self.rng.expovariate(RATE))
            self.close()
        except Ended as error:
            self.failure = str(error)

    async def _publish(self, number):
        body = payload(number)
        while not (answer := await self.ask(body))["ok"]:
            # Too much waits to be distributed: this one was not published.
            self.world.ledger.events[f"publish refused: {answer['code']}"] += 1
            await self.world.pause(0.5)
        self.account.published += 1
        self.account.published_bytes += len(body)
        self.account.recipients += answer["recipients"]
        self.published(answer)

    def published(self, answer):
        pass


class ManagementPublisher(Publisher):
    async def open(self):
        self.connection = await HTTPConnection.open(self.world.server.management_port)

    def close(self):
        self.connection.drop()

    async def ask(self, body):
        request = f'{{"namespace":"{self.namespace}","topic":"{self.topic}","payload":{body}}}'
        return await call(self.connection, "/api/publish", request)


class ClientPublisher(Publisher):
    async def open(self):
        self._answer = asyncio.get_running_loop().create_future()
        self.session = await WebSocketSession.open(self.world.port, "10.255.0.1", self._receive)
        self.session.send(f"40{self.namespace},")
        await self._answered("40")

    def close(self):
        self.session.goodbye()

    async def ask(self, body):
        self._answer = asyncio.get_running_loop().create_future()
        self.session.send(f'42{self.namespace},1["publish",{{"topic":"{self.topic}","payload":{body}}}]')
        return (await self._answered("43"))[0]

    def published(self, answer):
        self.account.received += 1

    def _receive(self, packet):
        if not self._answer.done():
            self._answer.set_result(packet.decode())

    async def _answered(self, kind):
        waiting = {self._answer, self.session.ended}
        await asyncio.wait(waiting, timeout=2 * PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not self._answer.done():
            raise Ended(self.session.ended.result() if self.session.ended.done() else "no answer to a publish")
        packet = self._answer.result()
        if not packet.startswith(f"{kind}{self.namespace},"):
            raise Ended(f"expected the answer to a publish, found {packet[:200]}")
        return json.loads(packet[packet.index("[") if kind == "43" else packet.index("{"):])


async def call(connection, path, body):
    """One call of the management port's API."""
    try:
        answer = connection.request("POST", path, body.encode(), "Content-Type: application/json\r\n")
        _, text = await asyncio.wait_for(answer, 2 * PATIENCE)
    except TimeoutError:
        raise Ended(f"no answer to {path}") from None
    return json.loads(text)


def too_large_a_message():
    """A message that no lane may hold, for the management port."""
    namespace = next(iter(NAMESPACES))
    return json.dumps({"namespace": namespace, "topic": WILD, "payload": "x" * LANE["maxQueuedBytesPerClient"]})


def publishers(world, rng_of):
    """One for each topic that clients subscribe to."""
    made = []
    for number, namespace in enumerate(NAMESPACES):
        for topic in (STEADY, WILD):
            # A client would need a token, of which the service has outages.
            by_client = (number + (topic == WILD)) % 2 == 0 and namespace != GUARDED
            kind = ClientPublisher if by_client else ManagementPublisher
            made.append(kind(world, namespace, topic, rng_of(f"publisher of {namespace} {topic}")))
    return made
