"""Packets of events, as the raw clients receive them."""

import json
import re

#: Type, attachments, namespace, acknowledgement id, and the event with its arguments.
EVENT = re.compile(rb"4[25](?:\d+-)?(?P<namespace>/[^,]*),(?P<id>\d*)(?P<arguments>\[.*\])", re.DOTALL)


def event(packet):
    """The event's name and its arguments."""
    match = EVENT.fullmatch(packet)
    assert match, f"expected an event, found {packet[:300]!r}"
    return json.loads(match["arguments"])


def acknowledgement_id(packet):
    """The Socket.IO acknowledgement id; None without."""
    digits = EVENT.fullmatch(packet)["id"]
    return int(digits) if digits else None


def payload(packet):
    """What was published."""
    return event(packet)[1]


def message_id(packet):
    return event(packet)[2]["messageId"]
