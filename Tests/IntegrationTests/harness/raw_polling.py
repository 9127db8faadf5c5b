"""A long-polling client that polls only when the test says so."""

import contextlib
import json

import requests

from .journal import PATIENCE

SEPARATOR = b"\x1e"


class RawPolling:
    """Speaks Engine.IO over HTTP requests; each packet is `bytes`. It answers no heartbeat by itself."""

    def __init__(self, url):
        self._endpoint = f"{url}/socket.io/?EIO=4&transport=polling"
        self._http = requests.Session()
        self._http.trust_env = False
        self._unread = []

    @classmethod
    def opened(cls, url):
        """Past the Engine.IO handshake, in no namespace yet."""
        client = cls(url)
        answer = client.get()
        assert answer.status_code == 200, f"expected a handshake, found {answer.status_code}: {answer.text}"
        client.handshake = json.loads(answer.content[1:])
        client.sid = client.handshake["sid"]
        client._endpoint += f"&sid={client.sid}"
        return client

    @classmethod
    def subscribed(cls, url, topic="snapshot", namespace="/feed"):
        client = cls.opened(url)
        client.namespace, client.topic = namespace, topic
        client.send(f"40{namespace},")
        client.packet_starting(f"40{namespace},")
        client.send(f'42{namespace},["subscribe",{{"topic":"{topic}"}}]')
        client.packet_starting(f'42{namespace},["subscribed"')
        return client

    def get(self, **options):
        return self._http.get(self._endpoint, timeout=PATIENCE, **options)

    def post(self, *packets):
        """The server's answer, whatever it is."""
        body = SEPARATOR.join(packet.encode() if isinstance(packet, str) else packet for packet in packets)
        return self._http.post(
            self._endpoint, data=body, timeout=PATIENCE, headers={"content-type": "text/plain;charset=UTF-8"}
        )

    def send(self, *packets):
        answer = self.post(*packets)
        assert answer.status_code == 200, f"expected 200 to a POST, found {answer.status_code}: {answer.text}"

    def poll(self):
        """The packets of one poll; waits until there are any."""
        answer = self.get()
        assert answer.status_code == 200, f"expected 200 to a poll, found {answer.status_code}: {answer.text}"
        return answer.content.split(SEPARATOR)

    def poll_answering_heartbeats(self):
        """What one poll brings, but for heartbeats, which are answered: it may be nothing, and no poll waits for ever."""
        packets = self.poll()
        if b"2" in packets:
            self.send("3")
        return [packet for packet in packets if packet != b"2"]

    def emit(self, event, argument):
        self.send(f"42{self.namespace},{json.dumps([event, argument])}")

    def messages(self, count):
        """The packets of this many messages of its topic, polling as often as it takes; gives back what came with them."""
        found = []
        while len(found) < count:
            found.append(self.packet_starting(f'42{self.namespace},["{self.topic}"'))
        return found

    def next_packet(self):
        while not self._unread:
            self._unread = self.poll()
        return self._unread.pop(0)

    def packet_starting(self, start):
        """The next packet that starts so; what comes before it is passed over."""
        while True:
            packet = self.next_packet()
            if packet.startswith(start.encode()):
                return packet

    def close(self):
        # A client that merely stops polling would be waited for when the server drains.
        with contextlib.suppress(requests.ConnectionError):
            self.post("1")
        self._http.close()
