"""What a server that has stopped says became of its messages: one line of its log for each count that is not zero."""

import re
from collections import Counter

#: How a message ends for one recipient; each offered one ends in exactly one of these.
OUTCOMES = (
    "messages_delivered",
    "messages_acknowledged",
    "messages_dropped",
    "messages_coalesced",
    "messages_replaced",
    "messages_rejected",
    "messages_expired",
    "retries_exhausted",
    "messages_discarded",
)

LINE = re.compile(r" info .*\bstreamfence_(?P<name>\w+)$")
LABEL = re.compile(r"\b(namespace|topic|reason|value)=(\S+)")


class Counts:
    """The counts by their names without `streamfence_` and `_total`; what was not logged is 0.

    Namespaces and topics must be without spaces.
    """

    def __init__(self, lines):
        self._values = Counter()
        for line in filter(None, map(LINE.search, lines)):
            labels = dict(LABEL.findall(line.string))
            value = int(labels.pop("value"))
            name = line["name"].removesuffix("_total")
            self._values[name, labels.get("namespace"), labels.get("topic"), labels.get("reason")] = value

    def __getitem__(self, name):
        """The sum over all namespaces and topics."""
        return self.of(name)

    def of(self, name, **labels):
        """The sum of those with these labels: of("messages_dropped", namespace="/feed")."""
        return sum(
            value
            for (each, namespace, topic, reason), value in self._values.items()
            if each == name
            and labels.items() <= {"namespace": namespace, "topic": topic, "reason": reason}.items()
        )

    def outcomes(self, **labels):
        """How the messages ended, those of them that did: {"messages_delivered": 3}."""
        found = {name: self.of(name, **labels) for name in OUTCOMES}
        return {name: value for name, value in found.items() if value}

    def overflows(self, **labels):
        """How often a message found no room, by the reason."""
        reasons = {reason for name, _, _, reason in self._values if name == "queue_overflow"}
        found = {reason: self.of("queue_overflow", reason=reason, **labels) for reason in reasons}
        return {reason: value for reason, value in found.items() if value}


def counts(server, *leaving):
    """Stops a server and tells what became of its messages. Whatever else happened, each of them has ended in exactly one
    way and nothing is held any more.

    A server that stops waits a while for raw clients: they leave before.
    """
    for client in leaving:
        client.close()
    found = server.counts()
    assert sum(found.outcomes().values()) == found["messages_offered"], server.stderr
    for gauge in ("queued_bytes", "spilled_bytes", "spill_pending_bytes", "connected_clients"):
        assert found[gauge] == 0, server.stderr
    return found
