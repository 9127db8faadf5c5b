"""c-function: functions of a library of somebody else's, and of the system's, decide on tokens."""

import ctypes
import re
import resource
import subprocess
import threading
from pathlib import Path

import pytest
import yaml
from conftest import compile_c, compile_cpp
from contract import ACCEPTED, CONNECT, FAILED, PUBLISH, REJECTED, TokenAnswer
from host import Refused


@pytest.fixture(scope="module")
def acme(tmp_path_factory):
    file = tmp_path_factory.mktemp("acme") / "libacme.so"
    return str(compile_c(file, "-fvisibility=default", Path(__file__).with_name("acme.c")))


@pytest.fixture(scope="module")
def throwing(tmp_path_factory):
    file = tmp_path_factory.mktemp("throwing") / "libthrowing.so"
    return str(compile_cpp(file, "-fvisibility=default", Path(__file__).with_name("throwing.cpp")))


@pytest.fixture
def validator(bundled, instances, acme):
    def make(symbol, arguments=("token",), **options):
        options = {"library": acme, "symbol": symbol, "arguments": list(arguments), **options}
        instances.append(bundled("cfunction").create("c-function", options))
        return instances[-1]

    return make


def test_a_function_that_returns_0_accepts(validator):
    checked = validator("acme_check", result="int", accept="zero", principal="friend")
    accepted = checked.validate("good")
    assert (accepted.verdict, accepted.principal, accepted.expires_at, accepted.grants) == (ACCEPTED, "friend", 0, None)
    rejected = checked.validate("bad")
    assert (rejected.verdict, rejected.reason) == (REJECTED, "expected acme_check to accept the token, found the result -3")


@pytest.mark.parametrize(
    ("accept", "accepted", "rejected"),
    [
        ("zero", ["0"], ["1", "-1"]),
        ("not-zero", ["1", "-1"], ["0"]),
        ("positive", ["1", "2147483647"], ["0", "-1", "-2147483648"]),
        ({"equals": -7}, ["-7"], ["7", "0", "-8"]),
    ],
)
def test_what_accepts_can_be_said_of_an_int(validator, accept, accepted, rejected):
    checked = validator("acme_level", result="int", accept=accept, principal="friend")
    assert {checked.validate(token).verdict for token in accepted} == {ACCEPTED}
    assert {checked.validate(token).verdict for token in rejected} == {REJECTED}


@pytest.mark.parametrize("accept", ["true", True])
def test_a_token_may_be_given_as_bytes_and_a_length(validator, accept):
    arguments = ["token-bytes", "token-length"]
    checked = validator("acme_is_good", arguments, result="bool", accept=accept, principal="friend")
    assert checked.validate(b"g\0od").verdict == ACCEPTED
    for token in (b"g\0ox", b"g\0odd", b""):
        rejected = checked.validate(token)
        assert (rejected.verdict, rejected.reason) == (
            REJECTED,
            "expected acme_is_good to accept the token, found another result",
        )


def test_a_function_sees_what_it_is_given(validator):
    arguments = ["token", "namespace", "topic", "address", "action", {"text": "é"}, {"int": -5}, "token-length"]
    checked = validator(
        "acme_describe", arguments, result="text", accept="not-null", principalFromResult=True, freeResult=True
    )
    verdict = checked.validate("t", action=PUBLISH, namespace="/n", topic="o", address="::1")
    assert (verdict.verdict, verdict.principal) == (ACCEPTED, "t|/n|o|::1|2|é|-5|1")


def resident_megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() >> 20


def test_a_result_that_is_the_caller_s_is_freed(validator):
    checked = validator("acme_large", [], result="text", accept="not-null", principal="friend", freeResult=True)
    before = resident_megabytes()
    for _ in range(200):
        assert checked.validate("t").verdict == ACCEPTED
    assert resident_megabytes() - before < 100


def test_a_token_with_a_zero_byte_is_no_text(validator):
    checked = validator("acme_check", result="int", accept="zero", principal="friend")
    verdict = checked.validate(b"good\0more")
    assert (verdict.verdict, verdict.reason) == (REJECTED, "expected a token without a zero byte, found one")


def test_the_system_s_crypt_checks_a_password(bundled, instances):
    stored = subprocess.run(["openssl", "passwd", "-6", "s3cret"], capture_output=True, text=True, check=True).stdout.strip()
    options = {
        "library": "libcrypt.so.1",
        "symbol": "crypt",
        "arguments": ["token", {"text": stored}],
        "result": "text",
        "accept": {"equals": stored},
        "principal": "operator",
    }
    checked = bundled("cfunction").create("c-function", options)
    instances.append(checked)
    assert checked.validate("s3cret").principal == "operator"
    rejected = checked.validate("secret")
    assert (rejected.verdict, rejected.reason) == (REJECTED, "expected crypt to accept the token, found another result")
    assert checked.validate("").verdict == REJECTED


def test_the_example_accepts_the_password_of_the_readme(bundled, instances):
    folder = Path(__file__).parent.parent
    options = yaml.safe_load((folder / "example.yaml").read_text())["servers"]["feed"]["tokenValidator"]["options"]
    (password,) = re.findall(r"--token (\S+)", (folder / "README.md").read_text())
    instances.append(bundled("cfunction").create("c-function", options))
    assert instances[0].validate(password).principal == "operator"


def test_a_token_is_never_its_own_principal(validator):
    checked = validator("acme_same", result="text", accept="not-null", principalFromResult=True)
    verdict = checked.validate("anna")
    assert (verdict.verdict, verdict.reason) == (FAILED, "expected acme_same to return a principal, found the token")
    verdict = checked.validate("")
    assert (verdict.verdict, verdict.reason) == (FAILED, "expected acme_same to return a principal, found an empty text")


def call_from_threads(checked, tokens):
    verdicts = {}

    def call(token):
        verdicts[token] = checked.validate(token)

    threads = [threading.Thread(target=call, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return verdicts


def test_a_function_is_called_once_at_a_time(validator, acme):
    checked = validator("acme_user", result="text", accept="not-null", principalFromResult=True)
    tokens = [f"token {number}" for number in range(16)]
    for _ in range(10):
        verdicts = call_from_threads(checked, tokens)
        assert {token: verdict.principal for token, verdict in verdicts.items()} == {
            token: f"user of {token}" for token in tokens
        }
    assert ctypes.c_int.in_dll(ctypes.CDLL(acme), "acme_together").value == 0
    assert checked.validate("").verdict == REJECTED


def test_a_function_that_throws_fails_that_call_only(validator, throwing):
    checked = validator("acme_parse", library=throwing, result="int", accept="zero", principal="friend")
    another = validator("acme_check", result="int", accept="zero", principal="friend")
    answers = []
    answer = TokenAnswer(lambda call, decision: answers.append(call))

    def throws(token):
        request = checked.request(token, CONNECT)
        return ctypes.CDLL(throwing).test_throws(
            ctypes.byref(checked.table), ctypes.c_void_p(checked.pointer), ctypes.byref(request), ctypes.c_uint64(0), answer
        )

    before = resident_megabytes()
    for _ in range(200):
        assert throws("!" + "x" * (1 << 20)) == 1
    assert answers == []
    assert resident_megabytes() - before < 100
    assert throws("good") == 0
    assert answers == [0]
    for verdicts in (call_from_threads(checked, ["good", "bad"]), call_from_threads(another, ["good", "bad"])):
        assert (verdicts["good"].verdict, verdicts["bad"].verdict) == (ACCEPTED, REJECTED)


def test_a_thread_safe_function_may_be_called_twice_at_a_time(validator):
    checked = validator("acme_meet", result="text", accept="not-null", principalFromResult=True, threadSafe=True)
    verdicts = call_from_threads(checked, ["a", "b"])
    assert [verdicts[token].principal for token in "ab"] == ["anna", "bert"]


@pytest.mark.parametrize(
    ("library", "symbol", "message"),
    [
        (None, "acme_nothing", "symbol: expected a function of .*, found: .*undefined symbol: acme_nothing"),
        (None, "acme_version", "symbol: expected a function of .*, found the variable acme_version"),
        ("libnothing.so.1", "f", "library: expected one that can be loaded, found: libnothing.so.1: cannot open"),
        ("/etc/passwd", "f", "library: expected one that can be loaded, found: /etc/passwd: "),
    ],
)
def test_what_cannot_be_called_is_refused_when_the_server_starts(bundled, acme, library, symbol, message):
    options = {
        "library": library or acme,
        "symbol": symbol,
        "arguments": [],
        "result": "int",
        "accept": "zero",
        "principal": "friend",
    }
    bundled("cfunction").check("c-function", options)
    with pytest.raises(Refused, match=f"^{message}"):
        bundled("cfunction").create("c-function", options)


GOOD = {
    "library": "libacme.so",
    "symbol": "f",
    "arguments": ["token"],
    "result": "int",
    "accept": "zero",
    "principal": "friend",
}
NO_ARGUMENT = (
    "expected token, namespace, topic, address, token-bytes, token-length, action, {text: ...} or {int: ...}, found "
)


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            {"library": None, "symbol": None, "arguments": None, "result": None, "principal": None},
            [
                "library: expected text, found nothing",
                "symbol: expected text, found nothing",
                "arguments: expected a list, found nothing",
                "result: expected one of int, bool, text, found nothing",
                "expected either principal or principalFromResult: true, found none",
            ],
        ),
        ({"library": "", "symbol": ""}, ['library: expected text, found ""', 'symbol: expected text, found ""']),
        ({"library": "lib/acme.so"}, ['library: expected the name of a library, or an absolute path, found "lib/acme.so"']),
        ({"arguments": ["token", "toke"]}, [f'arguments[1]: {NO_ARGUMENT}"toke"']),
        ({"arguments": [{"text": 1}]}, [f"arguments[0]: {NO_ARGUMENT}a section"]),
        ({"arguments": [{"text": "a", "int": 1}]}, [f"arguments[0]: {NO_ARGUMENT}a section"]),
        ({"arguments": [{"int": 1 << 31}]}, [f"arguments[0]: {NO_ARGUMENT}a section"]),
        ({"arguments": [5]}, [f"arguments[0]: {NO_ARGUMENT}5"]),
        ({"arguments": ["token"] * 17}, ["arguments: expected at most 16, found more"]),
        ({"result": "long"}, ['result: expected one of int, bool, text, found "long"']),
        (
            {"accept": "true"},
            ['accept: expected zero, not-zero, positive or {equals: INTEGER}, as the result is int, found "true"'],
        ),
        (
            {"accept": {"equals": "x"}},
            ["accept: expected zero, not-zero, positive or {equals: INTEGER}, as the result is int, found a section"],
        ),
        ({"result": "bool"}, ['accept: expected true, as the result is bool, found "zero"']),
        ({"result": "bool", "accept": False}, ["accept: expected true, as the result is bool, found false"]),
        (
            {"result": "text", "accept": None},
            ["accept: expected not-null or {equals: TEXT}, as the result is text, found nothing"],
        ),
        (
            {"principalFromResult": True},
            [
                "expected either principal or principalFromResult: true, found both",
                "principalFromResult: has an effect with result: text only",
            ],
        ),
        ({"freeResult": True}, ["freeResult: has an effect with result: text only"]),
        ({"principal": ""}, ['principal: expected text, found ""']),
        ({"threadSafe": "no"}, ['threadSafe: expected true or false, found "no"']),
        (
            {"argument": []},
            [
                "argument: unknown option; c-function takes library, symbol, arguments, result, accept, principal, "
                "principalFromResult, freeResult, threadSafe"
            ],
        ),
    ],
)
def test_all_that_is_wrong_with_the_options_is_said(bundled, changes, lines):
    options = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    with pytest.raises(Refused) as refused:
        bundled("cfunction").check("c-function", options)
    assert refused.value.lines == lines
