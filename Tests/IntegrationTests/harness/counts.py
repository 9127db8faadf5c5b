"""What became of a server's messages. One that has stopped says it in its log, a line for each count that is not zero."""

import re

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

#: What is held or connected at the moment; all of it is 0 when everybody has left.
GAUGES = (
    "connected_clients",
    "open_connections",
    "queued_messages",
    "in_flight_messages",
    "spilled_messages",
    "queued_bytes",
    "spilled_bytes",
    "spill_pending_bytes",
)

LINE = re.compile(r" info .*\bstreamfence_(?P<name>\w+)$")
LABEL = re.compile(r"\b(namespace|topic|reason|sink|limit|value)=(\S+)")


class Samples:
    """Counters and gauges with their labels, as (name, {label: value}, number). Names are without `streamfence_` and `_total`."""

    def __init__(self, samples):
        self._samples = list(samples)

    def __getitem__(self, name):
        """The sum over all namespaces and topics."""
        return self.of(name)

    def of(self, name, /, **labels):
        """The sum of those with these labels: of("messages_dropped", namespace="/feed")."""
        return sum(self._found(name, labels))

    def _found(self, name, labels):
        return [
            number for each, of_each, number in self._samples if each == name and labels.items() <= of_each.items()
        ]

    def outcomes(self, **labels):
        """How the messages ended, those of them that did: {"messages_delivered": 3}."""
        found = {name: self.of(name, **labels) for name in OUTCOMES}
        return {name: value for name, value in found.items() if value}

    def overflows(self, **labels):
        """How often a message found no room, by the reason."""
        reasons = {of_each["reason"] for name, of_each, _ in self._samples if name == "queue_overflow"}
        found = {reason: self.of("queue_overflow", reason=reason, **labels) for reason in reasons}
        return {reason: value for reason, value in found.items() if value}

    def of_server(self):
        """Each that is not 0, those of plugins aside, which are the process's: {("retries", …its labels): 3}."""
        return {
            (name, *sorted((label, value) for label, value in labels.items() if label != "server")): number
            for name, labels, number in self._samples
            if number and not name.startswith("plugin_")
        }


class Counts(Samples):
    """What was not logged is 0. Namespaces and topics must be without spaces."""

    def __init__(self, lines):
        super().__init__(self._sample(line) for line in filter(None, map(LINE.search, lines)))

    @staticmethod
    def _sample(line):
        labels = dict(LABEL.findall(line.string))
        value = int(labels.pop("value"))
        return line["name"].removesuffix("_total"), labels, value


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
