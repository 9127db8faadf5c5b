"""Knowing that what was published is where it is going."""


# An acknowledgement may come before the message has crossed to the event loops of all subscribers. It has by the end of the
# turn of the publisher's loop, and has arrived by the end of a turn of the subscriber's. So whatever the subscriber asks after
# one more request of each comes behind it; that one request may still be answered before.


def settle(alice, bob):
    """What bob, who polls, asks next finds what alice has published in his lanes; none of his messages is taken."""
    nothing = {"topic": bob.topic, "messageId": "none"}
    alice.ask("ack", nothing, namespace=bob.namespace)
    bob.emit("ack", nothing)


def sent_so_far(alice, bob, topic="snapshot"):
    """The packets that bob's websocket has brought of what alice has published."""
    alice.ask("ack", {"topic": topic, "messageId": "none"}, namespace=bob.namespace)
    return bob.packets_so_far(topic)
