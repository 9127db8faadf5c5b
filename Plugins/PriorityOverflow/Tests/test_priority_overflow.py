"""drop-lowest-priority: the lowest priority goes first, of equals the oldest; a newcomer below all others is refused."""

import json

import pytest
from contract import CAUSE_BYTES, CAUSE_MEMORY, CAUSE_MESSAGES, EVICT_AT, REJECT
from host import Refused

pytestmark = pytest.mark.usefixtures("lanes")


@pytest.fixture
def policy(bundled, instances):
    """policy("/level") -> an instance that finds priorities there."""

    def make(pointer="/level"):
        instances.append(bundled("priority").create("drop-lowest-priority", {"priority": pointer}))
        return instances[-1]

    return make


def levels(*numbers):
    return [json.dumps({"text": "x", "level": number}) for number in numbers]


@pytest.mark.parametrize(
    ("waiting", "newcomer", "evicted"),
    [
        ([3, 1, 2], 3, 1),
        ([2, 1, 1], 1, 1),
        ([-5, -7, 0], -6, 1),
        ([9223372036854775807] * 2, 9223372036854775807, 0),
    ],
)
def test_the_lowest_priority_makes_room_and_of_equals_the_oldest(policy, waiting, newcomer, evicted):
    decision = policy().decide(levels(*waiting), *levels(newcomer))
    assert (decision.action, decision.argument) == (EVICT_AT, evicted)


def test_a_newcomer_below_all_that_wait_is_refused_with_a_reason(policy):
    decision = policy().decide(levels(3, 2, 5), *levels(1))
    assert decision.action == REJECT
    assert "priority is lower" in decision.reason


def sized(*messages):
    """Of (level, bytes)."""
    return [f'{{"level":{level}}}'.ljust(size) for level, size in messages]


by_bytes = pytest.mark.parametrize("cause", [CAUSE_BYTES, CAUSE_MEMORY])


@by_bytes
@pytest.mark.parametrize(
    ("waiting", "newcomer", "evicted"),
    [
        ([(3, 400), (1, 300), (2, 300)], (3, 300), [1]),
        ([(3, 400), (1, 300), (2, 300)], (3, 1000), [1, 1, 0]),
        ([(3, 100), (1, 300), (9, 400), (2, 200)], (3, 500), [1, 2]),
        ([(3, 400), (1, 300), (2, 300)], (2, 600), [1, 1]),
        # There is some room already.
        ([(1, 200), (9, 700)], (8, 300), [0]),
    ],
)
def test_as_many_go_as_make_room_for_1000_bytes(policy, cause, waiting, newcomer, evicted):
    asked, waiting, (message,) = policy(), sized(*waiting), sized(newcomer)
    for index in evicted:
        decision = asked.decide(waiting, message, cause=cause, max_bytes=1000)
        assert (decision.action, decision.argument) == (EVICT_AT, index)
        del waiting[index]
    assert sum(map(len, waiting)) + len(message) <= 1000


@by_bytes
@pytest.mark.parametrize(
    ("waiting", "newcomer"),
    [
        ([(3, 400), (1, 300), (2, 300)], (2, 601)),
        ([(3, 400), (1, 300), (2, 300)], (1, 301)),
        ([(1, 20), (9, 980)], (8, 21)),
        ([(1, 200), (9, 700)], (8, 301)),
    ],
)
def test_none_goes_for_a_newcomer_that_would_find_no_room_all_the_same(policy, cause, waiting, newcomer):
    decision = policy().decide(sized(*waiting), *sized(newcomer), cause=cause, max_bytes=1000)
    assert decision.action == REJECT
    assert decision.reason == "the messages of this or a lower priority are too small to make room"


def test_bytes_are_looked_at_where_messages_are_short_too(policy):
    waiting, (newcomer,) = sized((1, 20), (9, 980)), sized((8, 21))
    for max_bytes, action in [(1000, REJECT), (1001, EVICT_AT)]:
        assert policy().decide(waiting, newcomer, cause=CAUSE_MESSAGES, max_bytes=max_bytes).action == action


def test_a_newcomer_is_refused_where_nothing_waits(policy):
    assert policy().decide([], *levels(1)).action == REJECT


@pytest.mark.parametrize(
    ("pointer", "payload", "rank"),
    [
        ("/level", '{"level":7}', 7),
        ("/level", ' { "a" : [ {"level" : 1} , "}\\"" ] ,\n"level" : -12 } ', -12),
        ("/level", '{"levels":1,"lev":2,"level":3}', 3),
        ("/level", '{"level":2.9}', 2),
        ("/level", '{"level":-2.1}', -3),
        ("/level", '{"level":12e2}', 1200),
        ("/level", '{"level":1e300}', 9223372036854775807),
        ("/level", '{"level":-1e300}', -9223372036854775808),
        ("/level", '{"level":9223372036854775807}', 9223372036854775807),
        ("/level", '{"level":5,"level":6}', 5),
        ("/headers/1/priority", '{"headers":[{},{"priority":4}]}', 4),
        ("/2", '[true,[1,2,{"a":"]"}],8]', 8),
        ("", "11", 11),
        ("/a~1b/m~0n", '{"a/b":{"m~n":6}}', 6),
        ("/é😀", '{"\\u00e9\\ud83d\\ude00":5}', 5),
        ("/a\nb", '{"a\\nb":5}', 5),
        ("/", '{"":3}', 3),
        # Nothing there, or no number: 0.
        ("/level", '{"other":7}', 0),
        ("/level", '{"level":"7"}', 0),
        ("/level", '{"level":null}', 0),
        ("/level", '{"level":[7]}', 0),
        ("/level", '{"inner":{"level":7}}', 0),
        ("/level", '"level"', 0),
        ("/level", "[7]", 0),
        ("/2", "[1,2]", 0),
        ("/00", "[1,2]", 0),
        ("/-1", "[1,2]", 0),
        ("/0", "[]", 0),
        ("/0", "[ ]", 0),
        # No JSON: never a trap.
        ("/level", "", 0),
        ("/level", "{", 0),
        ("/level", '{"level', 0),
        ("/level", '{"level"', 0),
        ("/level", '{"level":', 0),
        ("/level", '{"a\\', 0),
        ("/level", '{"a":]]],"level":1}', 0),
        ("/level", '{"a":{[,"level":1', 0),
        ("/level", '{"\\u00":1}', 0),
        ("/level", '{"level":01}', 0),
        ("/level", '{"level":1.}', 0),
        ("/level", '{"level":+1}', 0),
        ("/level", '{"level":-}', 0),
    ],
)
def test_the_priority_is_the_number_that_the_pointer_leads_to(policy, pointer, payload, rank):
    assert policy(pointer).rank(payload) == rank


def test_every_beginning_of_a_payload_is_read_without_harm(policy):
    ranked = policy("/a/1/b\\")
    payload = '{"x":{"y":[1,"\\u00e9\\\\"]},"a":[null,{"b\\\\":-4.5e1}]}'.encode()
    assert ranked.rank(payload) == -45
    for length in range(len(payload)):
        ranked.rank(payload[:length])


def test_ten_thousand_waiting_messages_are_decided_on_in_100_microseconds(policy):
    waiting = levels(*(number % 100 + 1 for number in range(10_000)))
    assert policy().nanoseconds_of_decision(waiting, *levels(1)) < 100_000


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({}, "priority: expected text, found nothing"),
        ({"priority": "level"}, 'priority: expected a JSON pointer such as /level, found "level"'),
        ({"priority": "/a~2"}, 'priority: expected a JSON pointer such as /level, found "/a~2"'),
        ({"priority": "/a~"}, 'priority: expected a JSON pointer such as /level, found "/a~"'),
        ({"priority": 3}, "priority: expected text, found 3"),
        ({"priority": "/level", "priorty": 1}, "priorty: unknown option; did you mean priority?"),
    ],
)
def test_wrong_options_are_refused_by_name(bundled, options, line):
    with pytest.raises(Refused) as refused:
        bundled("priority").check("drop-lowest-priority", options)
    assert line in refused.value.lines
