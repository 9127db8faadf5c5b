"""TLS, byte by byte: what a client sends, before it is sent."""

import ssl


class Dialogue:
    """The client's half of a conversation, which the test carries to the server."""

    def __init__(self, context, name="localhost"):
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)

    def first_bytes(self):
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return self._outgoing.read()

    def shake_hands(self, connection, at_a_time):
        while True:
            try:
                self._tls.do_handshake()
                return self._send(connection, at_a_time)
            except ssl.SSLWantReadError:
                self._send(connection, at_a_time)
                self._incoming.write(connection.recv(1 << 16))

    def send(self, connection, content, at_a_time):
        self._tls.write(content)
        self._send(connection, at_a_time)

    def receive(self, connection):
        while True:
            try:
                return self._tls.read(1 << 16)
            except ssl.SSLWantReadError:
                self._incoming.write(connection.recv(1 << 16))

    def _send(self, connection, at_a_time):
        """Each piece on its own way, as the connection does not gather them."""
        content = self._outgoing.read()
        for start in range(0, len(content), at_a_time):
            connection.sendall(content[start:start + at_a_time])
