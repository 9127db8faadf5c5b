"""Messages with a number each: a test sees which of them arrived, in which order, and what was said to be lost."""

from .packet import EVENT, event

#: Makes a message large enough that a few of them matter, in bytes.
FILL = 10_000


def payload(number):
    return {"n": number, "fill": "x" * FILL}


def publish(alice, numbers, witness=None):
    """Each is accepted, and a healthy client that watches has received it before the next."""
    for number in numbers:
        assert alice.publish("snapshot", payload(number))["ok"] is True
        if witness:
            assert witness.next("snapshot")["n"] == number


class Gap:
    """The server said that so many messages are missing here."""

    def __init__(self, dropped, reason="overflow"):
        self.dropped, self.reason = dropped, reason

    def __eq__(self, other):
        return isinstance(other, Gap) and vars(self) == vars(other)

    def __repr__(self):
        return f"Gap({self.dropped}, {self.reason!r})"


def understood(packet):
    """A message's number, or the gap that is told; `None` for any other packet."""
    name, argument, *_ = event(packet) if EVENT.fullmatch(packet) else (None, None)
    if name == "snapshot":
        return argument["n"]
    return Gap(argument["dropped"], argument["reason"]) if name == "gap" else None


def poll_until(bob, last):
    """What a client that has not polled for a while gets: numbers and gaps, up to the message `last`."""
    received = []
    while last not in received:
        received += [what for what in map(understood, bob.poll()) if what is not None]
    return received
