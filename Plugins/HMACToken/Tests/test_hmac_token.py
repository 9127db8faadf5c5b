"""hmac: tokens signed with HMAC-SHA256, with keys that are rotated while the server runs. They are made here with Python's own hmac."""

import base64
import hashlib
import hmac
import os
import re
import threading
import time
from pathlib import Path

import pytest
from contract import ACCEPTED, REJECTED
from host import Refused

OLD, NEW = bytes(range(32)), bytes(range(100, 164))
SECRET = base64.b64encode(OLD).decode()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(text, secret):
    return f"{text}.{base64url(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def token(key="old", secret=OLD, principal="anna", expires=0):
    return signed(f"{key}.{base64url(principal.encode())}.{expires}", secret)


def yaml(**keys):
    return "keys:\n" + "".join(f"  {name}: {base64.b64encode(secret).decode()}\n" for name, secret in keys.items())


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "keys.yaml"
    path.touch(mode=0o600)
    path.write_text(yaml(old=OLD))
    return path


@pytest.fixture
def validator(bundled, instances, file):
    """validator(option=value) -> an instance on the file of keys."""

    def make(**options):
        instances.append(bundled("hmac").create("hmac", {"keysFile": str(file), "reloadMs": 10, **options}))
        return instances[-1]

    return make


def replace(file, text):
    """As an administrator should: at once, by another file."""
    other = file.with_suffix(".new")
    other.touch(mode=0o600)
    other.write_text(text)
    other.rename(file)


@pytest.mark.parametrize("principal", ["anna", "Änna 😀", "x" * 256, "a.b"])
def test_a_good_token_belongs_to_its_principal(validator, principal):
    verdict = validator().validate(token(principal=principal))
    assert (verdict.verdict, verdict.principal, verdict.expires_at, verdict.grants) == (ACCEPTED, principal, 0, None)


def test_the_commands_of_the_readme_make_a_key_and_a_good_token(bundled, instances, token_of_readme, tmp_path, log):
    made = token_of_readme("HMACToken")
    instances.append(bundled("hmac").create("hmac", {"keysFile": str(tmp_path / "keys.yaml")}))
    assert instances[0].validate(made).principal == "anna"
    assert log == []


def test_the_readme_shows_how_a_token_is_made():
    folder = Path(__file__).parent.parent
    shown = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)[1]
    assert shown in (folder / "make_token.py").read_text()


def test_a_token_is_good_until_it_expires(validator):
    now = int(time.time())
    verdict = validator().validate(token(expires=now + 3600))
    assert (verdict.verdict, verdict.expires_at) == (ACCEPTED, (now + 3600) * 1000)
    expired = validator().validate(token(expires=now - 1))
    assert expired.reason == "expected a token that has not expired, found an expired one"


def test_the_leeway_is_added_to_the_expiry(validator):
    expires = int(time.time()) - 1000
    verdict = validator(leewayMs=1_200_000).validate(token(expires=expires))
    assert (verdict.verdict, verdict.expires_at) == (ACCEPTED, expires * 1000 + 1_200_000)
    assert validator(leewayMs=900_000).validate(token(expires=expires)).verdict == REJECTED


def test_a_changed_token_is_refused_wherever_it_is_changed(validator):
    good, checked = token(expires=32503680000), validator()
    assert checked.validate(good).verdict == ACCEPTED
    for at in range(len(good)):
        other = "B" if good[at] != "B" else "C"
        assert checked.validate(good[:at] + other + good[at + 1 :]).verdict == REJECTED
        assert checked.validate(good[:at]).verdict == REJECTED


def test_a_signature_has_one_spelling_only(validator):
    good = token()
    # The last digit has two bits more than the signature: base64 decoders that look away take four digits for the same.
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    respelled = good[:-1] + digits[digits.index(good[-1]) + 1]
    assert base64.urlsafe_b64decode(respelled.split(".")[3] + "=") == base64.urlsafe_b64decode(good.split(".")[3] + "=")
    assert validator().validate(respelled).reason.startswith("expected a signature of 32 bytes")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("", "keyid.principal.expiry.signature"),
        ("a.b.c", "keyid.principal.expiry.signature"),
        ("a.b.c.d.e", "keyid.principal.expiry.signature"),
        ("x" * 2000, "keyid.principal.expiry.signature"),
        (token() + "=", "a signature of 32 bytes"),
        (token()[:-1] + "/", "a signature of 32 bytes"),
        (token(key="k" * 65), "a key id of 1 to 64"),
        (token(key="a b"), "a key id of 1 to 64"),
        (token(key="new"), "the id of a key"),
        (token(secret=NEW), "the signature of the key"),
        (signed("old..0", OLD), "a principal of 1 to 256"),
        (signed("old.YQ==.0", OLD), "a principal of 1 to 256"),
        (token(principal="x" * 257), "a principal of 1 to 256"),
        (token(principal="a\nb"), "a principal of 1 to 256"),
        (token(principal="a\u0085b"), "a principal of 1 to 256"),
        (signed(f"old.{base64url(bytes([0xC0, 0xAF]))}.0", OLD), "a principal of 1 to 256"),
        (signed(f"old.{base64url(bytes([0xED, 0xA0, 0x80]))}.0", OLD), "a principal of 1 to 256"),
        (signed(f"old.{base64url(bytes([0x61, 0xC3]))}.0", OLD), "a principal of 1 to 256"),
        (token(expires=-1), "the expiry in seconds"),
        (token(expires="01"), "the expiry in seconds"),
        (token(expires="1" * 12), "the expiry in seconds"),
        (token(expires=""), "the expiry in seconds"),
    ],
)
def test_a_bad_token_is_refused_for_a_reason_without_the_token(validator, bad, reason):
    verdict = validator().validate(bad)
    assert verdict.verdict == REJECTED
    assert verdict.reason.startswith(f"expected {reason}")
    assert not bad or bad not in verdict.reason


def test_keys_are_rotated_while_tokens_are_checked(validator, file, eventually, log):
    checked, over = validator(), threading.Event()
    always = token("both", NEW)
    replace(file, yaml(both=NEW, old=OLD))
    eventually(lambda: checked.validate(always).verdict == ACCEPTED)
    verdicts = set()

    def keep_checking():
        while not over.is_set():
            verdicts.add(checked.validate(always).verdict)

    threads = [threading.Thread(target=keep_checking) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(20):
        name = f"key{number}"
        replace(file, yaml(both=NEW, **{name: OLD}))
        eventually(lambda: checked.validate(token(name)).verdict == ACCEPTED)
    over.set()
    for thread in threads:
        thread.join()
    assert verdicts == {ACCEPTED}
    assert checked.validate(token("old")).verdict == REJECTED
    assert (1, "the keys were read again") in log


@pytest.mark.parametrize("damage", ["keys: 3\n", "keys: {old: short}\n", "keys: [\n", "", None])
def test_keys_stay_as_they_were_while_the_file_is_wrong(validator, file, eventually, log, damage):
    checked = validator()
    if damage is None:
        file.unlink()
    else:
        replace(file, damage)
    eventually(lambda: (2, "the keys stay as they were") in log)
    assert [level for level, line in log if str(file) in line] == [3]
    assert checked.validate(token()).verdict == ACCEPTED
    replace(file, yaml(new=NEW))
    eventually(lambda: checked.validate(token("new", NEW)).verdict == ACCEPTED)
    assert checked.validate(token()).verdict == REJECTED


def test_a_file_that_cannot_be_read_is_tried_again_and_logged_once(log_of_failed_reads, file):
    newer = file.with_suffix(".new")
    newer.touch(mode=0o600)
    newer.write_text(yaml(new=NEW))
    options = {"keysFile": str(file), "reloadMs": 10}
    assert log_of_failed_reads("hmac", "hmac", options, str(file), str(newer), token("new", NEW)) == [
        (3, f"{file}: expected a file of keys, found none: Input/output error"),
        (2, "the keys stay as they were"),
        (1, "the keys were read again"),
    ]


def test_a_file_is_looked_at_as_often_as_the_options_say(validator, file, eventually):
    seldom, often = validator(reloadMs=3_600_000), validator(reloadMs=10)
    for name in ("first", "second", "third"):
        replace(file, yaml(**{name: NEW}))
        eventually(lambda: often.validate(token(name, NEW)).verdict == ACCEPTED)
    # If both looked equally often, one would have seen the first change before the other has seen the third.
    assert seldom.validate(token()).verdict == ACCEPTED
    assert seldom.validate(token("third", NEW)).verdict == REJECTED


def test_a_file_that_others_may_read_is_warned_of(validator, file, log):
    file.chmod(0o640)
    validator()
    assert log == [(2, f"{file}: expected mode 0600 on a file of keys, found 0640")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "{file}: expected `keys:` with secrets by key id, found something else"),
        ("old: x\n", "{file}: expected `keys:` with secrets by key id, found something else"),
        (f"keys: {{old: {SECRET}}}\nmore: 1\n", "{file}: expected `keys:` with secrets by key id, found something else"),
        ("keys: {}\n", "{file}: expected 1 to 1024 keys, found 0"),
        ("keys:\n  old: c2hvcnQ=\n", "{file}:2: expected a secret of at least 32 bytes for old, found 5"),
        ("keys:\n  old: '*'\n", "{file}:2: expected the secret of old as base64 of at most 256 bytes, found something else"),
        ("keys:\n  old: [a]\n", "{file}:2: expected the secret of old as base64 of at most 256 bytes, found something else"),
        (f"keys:\n  o.d: {SECRET}\n", "{file}:2: expected a key id of 1 to 64 letters, digits, _ and -, found another"),
        (f"keys:\n  old: {SECRET}\n  old: {SECRET}\n", "{file}:3: expected each key once, found old again"),
        (f"keys: {{old: {SECRET}}}\n---\nkeys: {{}}\n", "{file}: expected one YAML document, found more"),
        ("keys: [\n", "{file}:2: expected YAML, found something else: did not find expected node content"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_refused(validator, file, text, message):
    file.write_text(text)
    with pytest.raises(Refused) as refused:
        validator()
    assert str(refused.value) == message.format(file=file)


def test_a_file_that_is_not_there_or_none_is_refused(bundled, tmp_path):
    for path, message in [
        (tmp_path / "none", "expected a file of keys, found none: No such file or directory"),
        (tmp_path, "expected a regular file of at most 1048576 bytes, found another"),
    ]:
        with pytest.raises(Refused, match=f"^{path}: {message}$"):
            bundled("hmac").create("hmac", {"keysFile": str(path)})
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Refused, match="regular file"):
        bundled("hmac").create("hmac", {"keysFile": str(tmp_path / "pipe")})


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({}, "keysFile: expected text, found nothing"),
        ({"keysFile": "f", "leewayMs": -1}, "leewayMs: expected at least 0, found -1"),
        ({"keysFile": "f", "leewayMs": 3600001}, "leewayMs: expected at most 3600000, found 3600001"),
        ({"keysFile": "f", "reloadMs": 0}, "reloadMs: expected at least 10, found 0"),
        ({"keysFile": "f", "reloadMs": 1.5}, "reloadMs: expected an integer, found 1.5"),
        ({"keysFile": "f", "keyFile": "f"}, "keyFile: unknown option; hmac takes keysFile, leewayMs, reloadMs"),
    ],
)
def test_wrong_options_are_refused_by_name(bundled, options, line):
    with pytest.raises(Refused) as refused:
        bundled("hmac").check("hmac", options)
    assert refused.value.lines == [line]
