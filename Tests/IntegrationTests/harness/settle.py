"""Knowing that what was published is where it is going."""


# An acknowledgement may come before the message has crossed to the event loops of all subscribers. It has by the end of the
# turn of the publisher's loop, and has arrived by the end of a turn of the subscriber's; so one more request of each is enough.


def settle(alice, bob):
    """Returns when what alice has published is in the lanes of bob, who polls; none of his messages is taken."""
    nothing = {"topic": bob.topic, "messageId": "none"}
    alice.ask("ack", nothing, namespace=bob.namespace)
    bob.emit("ack", nothing)


def sent_so_far(alice, bob, topic="snapshot"):
    """The packets that bob's websocket has brought of what alice has published."""
    alice.ask("ack", {"topic": topic, "messageId": "none"}, namespace=bob.namespace)
    return bob.packets_so_far(topic)
