"""webhook: many calls at once, and calls that are given up."""

from asked_service import service, start_service, validator  # noqa: F401
from contract import ACCEPTED, FAILED


def test_calls_for_the_same_share_one_request(validator, service, eventually):
    service.answer = lambda question: (200, {"accept": True, "principal": "anna", "cacheSeconds": 60}, {})
    service.hold()
    checked = validator()
    calls = [checked.begin("t") for _ in range(50)]
    # Calls begin in order: when the service sees the last, the others have had their time to ask as well.
    last = checked.begin("last")
    eventually(lambda: service.calls("last"))
    service.release(100)
    assert {call.verdict().principal for call in [*calls, last]} == {"anna"}
    assert service.calls("t") == 1


def test_a_failure_is_shared_too_and_asked_about_anew_the_next_time(validator, service, eventually):
    service.answer = lambda question: (500, b"", {})
    service.hold()
    checked = validator()
    calls = [checked.begin("t") for _ in range(8)]
    last = checked.begin("last")
    eventually(lambda: service.calls("last"))
    service.release(100)
    assert {call.verdict().verdict for call in [*calls, last]} == {FAILED}
    assert service.calls("t") == 1
    checked.validate("t")
    assert service.calls("t") == 2


def test_the_service_sees_so_many_requests_at_once(validator, service, eventually):
    service.hold()
    checked = validator(maxConcurrent=3)
    calls = [checked.begin(str(number)) for number in range(20)]
    for answered in range(18):
        eventually(lambda: len(service.questions) == answered + 3)
        service.release()
    service.release(2)
    assert {call.verdict().verdict for call in calls} == {ACCEPTED}
    assert service.peak == 3


def test_many_calls_are_all_answered_in_the_end(validator, service, eventually):
    service.hold()
    checked = validator(timeoutMs=60_000)
    calls = [checked.begin(str(number)) for number in range(200)]
    eventually(lambda: service.under_way == 16)
    service.release(200)
    assert {call.verdict().verdict for call in calls} == {ACCEPTED}
    assert service.peak == 16


def test_so_many_wait_and_the_others_fail(validator, service, eventually):
    service.hold()
    checked = validator(maxConcurrent=1, maxWaiting=2, timeoutMs=60_000)
    calls = [checked.begin("0")]
    eventually(lambda: service.calls("0"))
    calls += [checked.begin(str(number)) for number in (1, 2, 3)]
    eventually(lambda: any(call.answered.is_set() for call in calls))
    (failed,) = [call for call in calls if call.answered.is_set()]
    assert failed.verdict() == (
        FAILED,
        "",
        "expected fewer requests to the service, found 1 under way and 2 waiting",
        0,
        None,
    )
    service.release(3)
    assert [call.verdict().verdict for call in calls if call is not failed] == [ACCEPTED] * 3


def test_who_waits_too_long_fails_and_leaves_the_line(validator, service, eventually):
    service.hold()
    checked = validator(maxConcurrent=1, maxWaiting=1, timeoutMs=700)
    for _ in range(2):
        first, second = checked.begin("0"), checked.begin("1")
        assert {first.verdict().verdict, second.verdict().verdict} == {FAILED}
    eventually(lambda: service.under_way == 0)
    service.release(100)
    assert checked.validate("2").verdict == ACCEPTED


def test_a_call_that_is_given_up_ends_its_request_and_frees_its_place(validator, service, eventually):
    service.hold()
    checked = validator(maxConcurrent=1, timeoutMs=60_000)
    given_up, waiting, third = checked.begin("0"), checked.begin("1"), checked.begin("2")
    eventually(lambda: service.under_way == 1)
    (token,) = [question["token"] for question in service.questions]
    calls = {"0": given_up, "1": waiting, "2": third}
    calls.pop(token).cancel()
    eventually(lambda: service.closed == 1)
    # One that waited has its place now; the other gives up waiting.
    eventually(lambda: len(service.questions) == 2)
    calls.pop(service.questions[1]["token"])
    (left,) = calls.values()
    left.cancel()
    assert left.verdict().verdict == FAILED
    service.release(100)
    assert checked.validate("3").verdict == ACCEPTED
    assert service.calls(*calls) == 0


def test_a_request_goes_on_while_one_still_waits_for_it(validator, service, eventually):
    service.hold()
    checked = validator(timeoutMs=60_000)
    calls = [checked.begin("t") for _ in range(3)]
    eventually(lambda: service.calls("t"))
    for call in calls[1:]:
        call.cancel()
    assert {call.verdict().verdict for call in calls[1:]} == {FAILED}
    service.release(100)
    assert calls[0].verdict().verdict == ACCEPTED
    assert service.closed == 0


def test_its_connections_are_closed_when_it_is_destroyed(bundled, service, eventually):
    checked = bundled("webhook").create("webhook", {"url": service.url, "secret": service.secret.decode()})
    assert checked.validate("t").verdict == ACCEPTED
    assert service.closed == 0
    checked.destroy()
    eventually(lambda: service.closed == 1)
