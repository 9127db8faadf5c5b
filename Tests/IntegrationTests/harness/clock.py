"""Time that passes on the server, told by its heartbeats: nobody sleeps, and no machine is too slow."""

#: Heartbeats that come often, and that no client has to answer.
TICKING = {"pingIntervalMs": 200, "pingTimeoutMs": 600_000}


class Clock:
    """Needs a server that is `TICKING`."""

    def __init__(self, raw_websocket):
        self._client = raw_websocket

    def let_pass(self):
        """Returns when at least 200 ms have passed."""
        # The first may have been under way; the next comes that long after its answer.
        for _ in range(2):
            assert self._client.next_packet(answer_pings=False) == b"2"
            self._client.send("3")
