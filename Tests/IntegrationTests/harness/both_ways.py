"""One process that serves the same namespaces twice, over ws and over wss, and the ways a client gets to them."""

from .certificates import secure
from .configuration import QUIET
from .management import serve_managed
from .socketio_client import TRANSPORTS


class BothWays:
    """`feed` speaks plain HTTP and `secure` TLS; all else is the same."""

    def __init__(self, serve_file, authority, plugins="", **keys):
        keys = {**QUIET, **keys}
        more = {"secure": {**secure(*authority.issue()), **keys}}
        self.server, self.management = serve_managed(serve_file, more_servers=more, plugins=plugins, **keys)
        self.urls = self.server.urls

    def ways(self, transports=tuple(TRANSPORTS)):
        """Where to connect, and over which transport."""
        return [(url, transport) for url in self.urls.values() for transport in transports]

    def publish(self, payload):
        """To the subscribers of both."""
        for server in self.urls:
            status, answer = self.management.publish(
                {"server": server, "namespace": "/feed", "topic": "snapshot", "payload": payload}
            )
            assert status == 200, answer
