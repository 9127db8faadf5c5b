"""What is published: messages that tell their number, and whether they arrived as they were."""

import re

#: Before the number of bytes, the number of the message, and what it is about.
MESSAGE = re.compile(rb'42/[a-z-]+,\d*\["(?:steady|wild)",\{"n":(\d+),"k":"k\d","pad":"')
MESSAGE_ID = b'"messageId":"'
LETTERS = b"abcdefghijklmnopqrstuvwxyz"


def padding(number):
    """Most messages are small, and some are not: 100 bytes to 32 kB."""
    return 100 + (number * 7919) % 8000 + (24_000 if number % 16 == 7 else 0)


def payload(number):
    """JSON, for every number another."""
    letter = chr(LETTERS[number % len(LETTERS)])
    return f'{{"n":{number},"k":"k{number % 8}","pad":"{letter * padding(number)}"}}'


def number_of(packet):
    """The number of the message in a packet; None if it is no message, -1 if it is not as it was published."""
    found = MESSAGE.match(packet)
    if not found:
        return None
    number, start = int(found[1]), found.end()
    end = start + padding(number)
    letter = LETTERS[number % len(LETTERS)]
    is_whole = packet[end:end + 2] == b'"}' and packet.count(letter, start, end) == end - start
    return number if is_whole else -1


def message_id(packet):
    """The id that an acknowledgement names."""
    start = packet.rindex(MESSAGE_ID) + len(MESSAGE_ID)
    return packet[start:packet.index(b'"', start)].decode()
