"""webhook: how long answers are kept, and which."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from asked_service import SECRET, service, start_service, validator  # noqa: F401
from conftest import compile_c
from contract import ACCEPTED, CONNECT, PUBLISH, SUBSCRIBE

START = 1_796_000_000_000


def numbered(service, **answers):
    """Has the service answer with the number of the call for the token, and with what is given for the token."""

    def answer(question):
        token = question["token"]
        name = f"{token}{service.calls(token)}"
        named = {"reason": name} if token.startswith("bad") else {"principal": name}
        return 200, {"accept": "principal" in named, **named, **answers.get(token, {})}, {}

    service.answer = answer


@pytest.fixture
def at_times(plugins, service, tmp_path):
    """at_times([(milliseconds, token), …], **options): which answers of the service are heard at these times."""

    def run(steps, **options):
        clock = compile_c(tmp_path / "clock.so", "-fvisibility=default", Path(__file__).with_name("clock.c"))
        options = {"url": service.url, "secret": SECRET, **options}
        steps = [(START + time, token) for time, token in steps]
        argument = json.dumps([str(plugins / "libstreamfence_webhook.so"), options, steps])
        script = [sys.executable, Path(__file__).with_name("at_a_time.py"), argument]
        environment = {**os.environ, "LD_PRELOAD": str(clock)}
        ran = subprocess.run(script, env=environment, stdout=subprocess.PIPE, check=True, timeout=120)
        return json.loads(ran.stdout)

    return run


def test_an_answer_is_kept_as_long_as_the_service_says(service, at_times):
    numbered(service, long={"cacheSeconds": 60}, short={"cacheSeconds": 0.5}, none={"cacheSeconds": 0})
    steps = [(0, "long"), (59_999, "long"), (60_000, "long"), (119_999, "long"), (120_000, "long")]
    assert at_times(steps) == ["long1", "long1", "long2", "long2", "long3"]
    assert at_times([(0, "short"), (499, "short"), (500, "short")]) == ["short1", "short1", "short2"]
    assert at_times([(0, "none"), (0, "none"), (0, "unnamed"), (0, "unnamed")]) == [
        "none1",
        "none2",
        "unnamed1",
        "unnamed2",
    ]


def test_an_answer_is_kept_no_longer_than_the_options_allow(service, at_times):
    numbered(service, t={"cacheSeconds": 1_000_000}, bad={"cacheSeconds": 1_000_000})
    day = 86_400_000
    steps = [(0, "t"), (299_999, "t"), (300_000, "t"), (0, "bad"), (9_999, "bad"), (10_000, "bad")]
    assert at_times(steps) == ["t1", "t1", "t2", "bad1", "bad1", "bad2"]
    service.questions.clear()
    steps = [(0, "t"), (999, "t"), (1_000, "t"), (0, "bad"), (day - 1, "bad"), (day, "bad")]
    found = at_times(steps, maxCacheMs=1_000, maxRejectionCacheMs=day)
    assert found == ["t1", "t1", "t2", "bad1", "bad1", "bad2"]
    service.questions.clear()
    assert at_times([(0, "t"), (0, "t"), (0, "bad"), (0, "bad")], maxCacheMs=0, maxRejectionCacheMs=0) == [
        "t1",
        "t2",
        "bad1",
        "bad2",
    ]


def test_an_answer_is_not_kept_beyond_its_expiry(service, at_times):
    numbered(service, t={"cacheSeconds": 60, "expiresAt": START / 1000 + 30})
    assert at_times([(0, "t"), (29_999, "t"), (30_000, "t"), (30_000, "t")]) == ["t1", "t1", "t2", "t3"]


def test_an_answer_does_not_hold_before_it_was_given(service, at_times):
    """A clock that is set back would have it live on."""
    numbered(service, t={"cacheSeconds": 60})
    assert at_times([(100_000, "t"), (99_999, "t"), (99_999, "t")]) == ["t1", "t2", "t2"]


def test_failures_are_not_kept(validator, service):
    checked = validator()
    service.answer = lambda question: (503, b"", {})
    checked.validate("t")
    service.answer = lambda question: (200, {"accept": True, "principal": "anna", "cacheSeconds": 60}, {})
    assert checked.validate("t").verdict == ACCEPTED


def test_an_answer_is_for_the_same_question_only(validator, service):
    numbered(service, t={"cacheSeconds": 60}, u={"cacheSeconds": 60})
    checked = validator()
    questions = [
        {"token": "t"},
        {"token": "u"},
        {"token": "t", "namespace": "/other"},
        {"token": "t", "action": SUBSCRIBE, "topic": "a"},
        {"token": "t", "action": PUBLISH, "topic": "a"},
        {"token": "t", "action": SUBSCRIBE, "topic": "b"},
        {"token": "t", "address": "192.0.2.8"},
    ]
    for expected in ["t1", "u1", "t2", "t3", "t4", "t5", "t6"] * 2:
        question = questions[0]
        questions = [*questions[1:], question]
        assert checked.validate(**question).principal == expected
    checked = validator(sendRemoteAddress=False)
    assert checked.validate("t").principal == checked.validate("t", action=CONNECT, address="192.0.2.8").principal


def test_so_many_answers_are_kept_and_refusals_push_out_none(validator, service):
    service.answer = lambda question: (
        200,
        {"accept": False, "reason": "bad", "cacheSeconds": 60}
        if question["token"].startswith("bad")
        else {"accept": True, "principal": "anna", "cacheSeconds": 60},
        {},
    )
    checked = validator(maxCacheEntries=3)
    for token in ("a", "b", "c", *(f"bad{number}" for number in range(10))):
        checked.validate(token)
    # What is asked for again stays; what was not for the longest time goes.
    for token in ("a", "d", "a", "c", "e", "a", "c", "e", "bad9", "bad7", "bad8"):
        checked.validate(token)
    tokens = ("a", "b", "c", "d", "e", "bad7", "bad8", "bad9")
    assert {token: service.calls(token) for token in tokens} == dict.fromkeys(tokens, 1)
    for token in ("d", "b", "bad0"):
        checked.validate(token)
    assert {token: service.calls(token) for token in ("b", "d", "bad0")} == {"b": 2, "d": 2, "bad0": 2}
    service.questions.clear()
    many = validator(maxCacheEntries=300)
    for token in [*range(300)] * 2:
        many.validate(str(token))
    assert len(service.questions) == 300
