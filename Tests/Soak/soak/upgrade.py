"""A client that begins over long-polling and goes on over a websocket, as browsers do."""

from .polling import HTTPConnection, handshake
from .websocket import WebSocketSession


class UpgradedSession(WebSocketSession):
    @classmethod
    async def open(cls, port, address, receive):
        connection = await HTTPConnection.open(port)
        sid = await handshake(connection, address)
        connection.drop()
        return await super().open(port, address, receive, sid)
