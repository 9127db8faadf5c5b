"""A websocket client that shows and sends exact bytes, and reads only when the test says so."""

import json
import os
import socket
import struct

import websocket

from .journal import PATIENCE
from .packet import EVENT, event

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


def frame(opcode, payload=b"", fin=True, reserved=0, masked=True):
    """The bytes of one frame, right or wrong."""
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 1 << 16:
        head += bytes([bit | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", len(payload))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


class RawWebSocket:
    """Speaks Engine.IO and Socket.IO packet by packet; each packet is `bytes`, text and binary alike."""

    def __init__(self, url, sid=None, ssl=None):
        """`ssl` is a context that trusts the server, for wss."""
        query = "EIO=4&transport=websocket" + (f"&sid={sid}" if sid else "")
        self._socket = websocket.create_connection(
            f"{url.replace('http', 'ws', 1)}/socket.io/?{query}",
            timeout=PATIENCE,
            # A fixed receive buffer: a client that stops reading holds a known amount.
            sockopt=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)],
            sslopt={"context": ssl} if ssl else None,
            skip_utf8_validation=True,
            enable_multithread=False,
            http_no_proxy=["*"],
        )
        self._held_back = []

    @classmethod
    def opened(cls, url, ssl=None):
        """Past the Engine.IO handshake, in no namespace yet."""
        client = cls(url, ssl=ssl)
        client.handshake = json.loads(client.next_packet()[1:])
        return client

    @classmethod
    def joined(cls, url, namespace="/feed", ssl=None):
        client = cls.opened(url, ssl)
        client.send(f"40{namespace},")
        answer = client.next_packet()
        assert answer.startswith(f"40{namespace},".encode()), f"expected to join {namespace}, found {answer!r}"
        client.namespace = namespace
        return client

    def subscribe(self, topic, namespace=None):
        namespace = namespace or self.namespace
        self.send(f'42{namespace},["subscribe",{json.dumps({"topic": topic})}]')
        self.packet_starting(f'42{namespace},["subscribed"')

    def emit(self, event, argument):
        self.send(f"42{self.namespace},{json.dumps([event, argument])}")

    def packets_so_far(self, topic="snapshot"):
        """What the server had for this client before it was asked, and what else comes with it."""
        packets = []
        # An event loop reads requests before it hands out what others have published: the answer to the first may
        # overtake that, the answer to the second may not.
        for request in (98, 99):
            self.send(f'42{self.namespace},{request}["ack",{{"topic":"{topic}","messageId":"none"}}]')
            while not (packet := self.next_packet()).startswith(f"43{self.namespace},{request}".encode()):
                packets.append(packet)
        return packets

    def send(self, packet):
        if isinstance(packet, str):
            self._socket.send(packet.encode("utf-8"), TEXT)
        else:
            self._socket.send(packet, BINARY)

    def send_bytes(self, raw):
        """Past the websocket library: any bytes on the connection."""
        self._socket.sock.sendall(raw)

    def next_packet(self, answer_pings=True):
        """The next packet; a heartbeat is answered and passed over unless the test wants to see it."""
        if self._held_back:
            return self._held_back.pop(0)
        while True:
            opcode, data = self._socket.recv_data()
            assert opcode in (TEXT, BINARY), f"expected a packet, found the server closing with {data!r}"
            if not (answer_pings and opcode == TEXT and data == b"2"):
                return data
            self.send("3")

    def packet_starting(self, start):
        """The next packet that starts so; what comes before it is passed over."""
        while True:
            packet = self.next_packet()
            if packet.startswith(start.encode()):
                return packet

    def next_event(self, name):
        """The packet of the next event of this name; what comes before it is passed over."""
        while True:
            packet = self.next_packet()
            if EVENT.fullmatch(packet) and event(packet)[0] == name:
                return packet

    def ask(self, event, body):
        """Sends an event with this argument, as JSON text or a value, and returns its acknowledgement. What comes before
        that comes next.
        """
        text = body if isinstance(body, str) else json.dumps(body)
        self.send(f'42{self.namespace},77["{event}",{text}]')
        answer, before = f"43{self.namespace},77".encode(), []
        while not (packet := self.next_packet()).startswith(answer):
            before.append(packet)
        self._held_back = before + self._held_back
        return json.loads(packet.removeprefix(answer))[0]

    def acknowledge(self, message_id, topic="snapshot"):
        """Whether the server took it for the acknowledgement of a message in flight."""
        answer = self.ask("ack", {"topic": topic, "messageId": message_id})
        assert answer["ok"] is True, answer
        assert answer["topic"] == topic
        return answer["acknowledged"]

    def receive_bytes(self):
        """Past the websocket library: whatever has arrived; waits until something has."""
        received = self._socket.sock.recv(1 << 20)
        assert received, "expected more, found the connection closed"
        return received

    def half_close(self):
        """Nothing more will be sent, but it goes on reading."""
        self._socket.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """Gone in an instant, as when the program crashes with unread data."""
        self._socket.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.sock.close()

    def wait_for_close(self):
        """The code the server closed with, or `None` where the connection just ended. Answers nothing meanwhile."""
        try:
            while True:
                received = self._socket.recv_frame()
                if received is None:
                    return None
                if received.opcode == CLOSE:
                    return struct.unpack("!H", received.data[:2])[0] if len(received.data) >= 2 else None
        except websocket.WebSocketTimeoutException:
            raise AssertionError(f"waited {PATIENCE:.0f} s for the server to close the connection") from None
        except (websocket.WebSocketConnectionClosedException, ConnectionError, BrokenPipeError):
            return None

    def close(self):
        self._socket.shutdown()
