"""webhook: a service is asked about tokens, over HTTP, in signed requests."""

import base64
import time

import pytest
from asked_service import SECRET, service, start_service, validator  # noqa: F401
from contract import ACCEPTED, CONNECT, FAILED, PUBLISH, REJECTED, SUBSCRIBE



# What is asked.


def test_the_service_is_told_what_the_client_wants_and_who_asks(validator, service):
    checked = validator(headers={"Authorization": "Bearer of news", "X-Tenant": "eu"})
    checked.validate("t\u00f6ken/\"1\"", action=SUBSCRIBE, topic="snapshot", namespace="/feed", address="2001:db8::7")
    checked.validate("2", action=CONNECT)
    assert service.questions == [
        {
            "token": "t\u00f6ken/\"1\"",
            "namespace": "/feed",
            "topic": "snapshot",
            "action": "subscribe",
            "remoteAddress": "2001:db8::7",
        },
        {"token": "2", "namespace": "/feed", "action": "connect", "remoteAddress": "192.0.2.7"},
    ]
    (path, first), (_, second) = service.requests
    assert (path, first["content-type"], first["Authorization"], first["X-Tenant"]) == (
        "/tokens",
        "application/json",
        "Bearer of news",
        "eu",
    )
    assert abs(int(first["webhook-timestamp"]) - time.time()) < 60
    assert first["webhook-id"] != second["webhook-id"]


def test_the_address_is_kept_from_the_service_where_the_options_say_so(validator, service):
    validator(sendRemoteAddress=False).validate("t")
    assert "remoteAddress" not in service.questions[0]


@pytest.mark.parametrize("form", ["secret", "secret in base64", "secretFile", "secretFile in base64"])
def test_requests_are_signed_with_the_secret(validator, service, tmp_path, form):
    service.secret = bytes(range(24)) if "base64" in form else b"another secret of forty bytes, this is it"
    text = "whsec_" + base64.b64encode(service.secret).decode() if "base64" in form else service.secret.decode()
    (tmp_path / "secret").write_text(text + "\n")
    options = {"secretFile": str(tmp_path / "secret")} if "File" in form else {"secret": text}
    # The service looks at each signature, and does not answer where it is wrong.
    assert validator(**options).validate("t").verdict == ACCEPTED
    service.secret = b"yet another"
    assert validator(**options).validate("t").verdict == FAILED


def test_connections_are_used_again(validator, service):
    checked = validator()
    for number in range(5):
        assert checked.validate(str(number)).verdict == ACCEPTED
    service.answer = lambda question: (403, b"no", {})
    for number in range(5):
        assert checked.validate(str(number)).verdict == REJECTED
    assert service.connections == 1


# What is answered.


@pytest.mark.parametrize(
    ("answer", "principal", "expires_at", "grants"),
    [
        ({"accept": True, "principal": "anna"}, "anna", 0, None),
        ({"accept": True, "principal": "anna", "expiresAt": None, "grants": None, "cacheSeconds": None}, "anna", 0, None),
        ({"accept": True, "principal": "\u00e4", "expiresAt": 1796000000.25}, "\u00e4", 1796000000250, None),
        ({"accept": True, "principal": "anna", "grants": []}, "anna", 0, []),
        (
            {
                "accept": True,
                "principal": "anna",
                "grants": [{"topic": "*", "actions": ["subscribe"]}, {"topic": "b", "actions": ["publish", "subscribe"]}],
            },
            "anna",
            0,
            [("*", 1 << SUBSCRIBE), ("b", 1 << SUBSCRIBE | 1 << PUBLISH)],
        ),
    ],
)
def test_a_token_is_accepted_as_the_service_says(validator, service, answer, principal, expires_at, grants):
    service.answer = lambda question: (200, answer, {})
    verdict = validator().validate("t")
    assert verdict == (ACCEPTED, principal, "", expires_at, grants)


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (200, {"accept": False, "reason": "blocked"}, "blocked"),
        (200, {"accept": False}, "the service gave no reason"),
        (401, b"", "the service answered with the status 401"),
        (403, {"accept": True, "principal": "anna"}, "the service answered with the status 403"),
    ],
)
def test_a_token_is_refused_as_the_service_says(validator, service, status, answer, reason):
    service.answer = lambda question: (status, answer, {})
    verdict = validator().validate("t")
    assert (verdict.verdict, verdict.reason) == (REJECTED, reason)


def test_a_reason_is_short_and_does_not_repeat_the_token(validator, service):
    service.answer = lambda question: (200, {"accept": False, "reason": f"no {question['token']}, " + "x" * 1000}, {})
    reason = validator().validate("secret-of-anna").reason
    assert reason.startswith("no \u2026, xxx")
    assert reason.endswith("x\u2026")
    assert len(reason.encode()) <= 260


GOOD = {"accept": True, "principal": "anna"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "expected JSON as the answer, found something else"),
        (b"accept", "expected JSON as the answer, found something else"),
        (b'{"accept": true, "principal": "\xff"}', "expected JSON as the answer, found something else"),
        (b"[" * 60_000, "expected JSON as the answer, found something else"),
        ([], "expected an object as the answer, found something else"),
        ({}, "expected accept in the answer, found nothing"),
        ({"accept": "true", "principal": "anna"}, "expected true or false as accept, found something else"),
        ({"accept": 1, "principal": "anna"}, "expected true or false as accept, found something else"),
        ({"accept": True}, "expected principal in the answer, found nothing"),
        ({"accept": True, "principal": ""}, "expected text as principal in the answer, found an empty one"),
        ({**GOOD, "principal": 7}, "expected text as principal, found something else"),
        ({**GOOD, "principal": "token"}, "expected the service to name who the token belongs to, found the token itself"),
        ({**GOOD, "expiresAt": "soon"}, "expected a number as expiresAt, found something else"),
        ({**GOOD, "expiresAt": -1}, "expected expiresAt in the answer in seconds, 0 to 1e12, found -1.0"),
        ({**GOOD, "cacheSeconds": 1e300}, "expected cacheSeconds in the answer in seconds, 0 to 1e12, found 1e+300"),
        (
            {**GOOD, "expires_at": 1},
            "expected only accept, principal, expiresAt, grants, cacheSeconds in the answer, found expires_at",
        ),
        ({"accept": False, "principal": "x"}, "expected only accept, reason, cacheSeconds in the answer, found principal"),
        ({**GOOD, "grants": "*"}, "expected a list as grants, found something else"),
        ({**GOOD, "grants": [{"topic": "a"}]}, "expected grants[0].actions in the answer, found nothing"),
        (
            {**GOOD, "grants": [{"topic": "a", "actions": ["connect"]}]},
            "expected subscribe or publish as an action in the answer, found another",
        ),
        (
            {**GOOD, "grants": [{"topic": "a", "actions": [], "until": 1}]},
            "expected only topic, actions in the answer, found grants[0].until",
        ),
        ({**GOOD, "principal": "x" * 65_536}, "expected an answer of at most 65536 bytes, found more"),
    ],
)
def test_an_answer_that_is_not_clear_is_a_failure(validator, service, answer, reason):
    service.answer = lambda question: (200, answer, {})
    verdict = validator().validate("token")
    assert (verdict.verdict, verdict.reason) == (FAILED, reason)


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 308, 400, 404, 429, 500, 503])
def test_another_status_is_a_failure_and_no_redirect_is_followed(validator, service, start_service, status):
    elsewhere = start_service()
    service.answer = lambda question: (status, b"" if status == 204 else GOOD, {"location": elsewhere.url})
    verdict = validator().validate("t")
    assert (verdict.verdict, verdict.reason) == (FAILED, f"expected an answer with the status 200, found {status}")
    assert elsewhere.connections == 0


def test_an_answer_without_a_length_is_read_no_further_than_allowed(validator, service):
    service.answer = lambda question: (200, b"x" * 1_000_000, {"content-length": None, "connection": "close"})
    assert validator().validate("t").reason == "expected an answer of at most 65536 bytes, found more"


def test_a_service_that_hangs_up_or_is_not_there_is_a_failure(validator, service, start_service):
    service.answer = lambda question: None
    verdict = validator().validate("t")
    assert (verdict.verdict, verdict.reason.split(",")[0]) == (FAILED, "expected an answer of the service")
    gone = start_service()
    gone.shutdown()
    gone.server_close()
    verdict = validator(url=gone.url).validate("t")
    assert (verdict.verdict, verdict.reason.split(",")[0]) == (FAILED, "expected an answer of the service")
    # An answer that breaks off.
    service.answer = lambda question: (200, b'{"accept": true, "principal": "anna"}', {"content-length": 60, "connection": "close"})
    assert validator().validate("t").verdict == FAILED


@pytest.mark.parametrize("part", ["nothing", "a head"])
def test_a_service_that_takes_too_long_is_a_failure(validator, service, part):
    if part == "nothing":
        service.hold()
    else:
        service.answer = lambda question: (200, b"", {"content-length": 60})
    verdict = validator(timeoutMs=150).validate("t")
    assert (verdict.verdict, verdict.reason) == (
        FAILED,
        "expected an answer of the service within 150 milliseconds (timeoutMs), found none",
    )
