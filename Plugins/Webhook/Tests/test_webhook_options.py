"""webhook: options, the example, and TLS."""

import base64
import os
import ssl
import subprocess
import sys

import pytest
import yaml
from asked_service import SECRET, service, start_service, validator  # noqa: F401
from conftest import PLUGINS
from contract import ACCEPTED, FAILED, REJECTED
from host import Refused

FOLDER = PLUGINS / "Webhook"
URL = "http://127.0.0.1:9/tokens"
GOOD = {"url": URL, "secret": SECRET}
BAD_URL = "url: expected http:// or https:// and a host, without user and fragment, found another"
BAD_HEADER = "expected a header that the request does not have already, found one"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"url": None}, "url: expected text, found nothing"),
        ({"url": ""}, BAD_URL),
        ({"url": "tokens"}, BAD_URL),
        ({"url": "ftp://host/"}, BAD_URL),
        ({"url": "http://"}, BAD_URL),
        ({"url": "https://user:hidden@host/"}, BAD_URL),
        ({"url": "https://host/#part"}, BAD_URL),
        ({"secret": None}, "expected one of secret, secretFile, found none"),
        ({"secretFile": "f"}, "expected one of secret, secretFile, found both"),
        ({"secret": "short"}, "secret: expected at least 24 bytes, found fewer"),
        ({"secret": 123456789012345678901234567890}, "secret: expected text in quotes, found a number"),
        ({"secret": "whsec_MDEyMw=="}, "secret: expected at least 24 bytes, found fewer"),
        ({"secret": "whsec_hidden!"}, "secret: expected base64 after whsec_, found something else"),
        ({"caFile": "ca.pem"}, "caFile: has an effect with an https url only"),
        ({"headers": {}}, "headers: expected text by name, found an empty section"),
        ({"headers": {"X-Key": 7}}, "headers.X-Key: expected text in quotes, found a number"),
        ({"headers": {"X Key": "v"}}, "headers.X Key: expected the name of a header, found another"),
        ({"headers": {"X-Key": "hidden\r\nB: c"}}, "headers.X-Key: expected ASCII without control characters, found others"),
        ({"headers": {"Host": "v"}}, f"headers.Host: {BAD_HEADER}"),
        ({"headers": {"Content-Length": "1"}}, f"headers.Content-Length: {BAD_HEADER}"),
        ({"headers": {"Webhook-Signature": "v"}}, f"headers.Webhook-Signature: {BAD_HEADER}"),
        ({"sendRemoteAddress": "no"}, 'sendRemoteAddress: expected true or false, found "no"'),
        ({"timeoutMs": 9}, "timeoutMs: expected at least 10, found 9"),
        ({"maxConcurrent": 0}, "maxConcurrent: expected at least 1, found 0"),
        ({"maxWaiting": -1}, "maxWaiting: expected at least 0, found -1"),
        ({"maxCacheEntries": 0}, "maxCacheEntries: expected at least 1, found 0"),
        ({"maxCacheMs": 86_400_001}, "maxCacheMs: expected at most 86400000, found 86400001"),
        ({"maxRejectionCacheMs": "1s"}, 'maxRejectionCacheMs: expected an integer, found "1s"'),
        ({"timeout": 5}, "timeout: unknown option; did you mean timeoutMs?"),
    ],
)
def test_wrong_options_are_refused_by_name(bundled, options, line):
    options = {name: value for name, value in {**GOOD, **options}.items() if value is not None}
    for refuse in (bundled("webhook").check, bundled("webhook").create):
        with pytest.raises(Refused) as refused:
            refuse("webhook", options)
        assert refused.value.lines == [line]
        assert "hidden" not in str(refused.value)


def test_files_that_are_not_as_they_should_be_are_refused(validator, tmp_path):
    file = tmp_path / "file"
    file.write_text("short\n")
    with pytest.raises(Refused, match=f"^{file}: expected at least 24 bytes, found fewer$"):
        validator(secretFile=str(file))
    file.write_bytes(b"\xff" * 40)
    with pytest.raises(Refused, match=f"^{file}: expected a secret as text, found something that cannot be read$"):
        validator(secretFile=str(file))
    file.write_bytes(b"x" * 4097)
    os.mkfifo(tmp_path / "pipe")
    for path in (file, tmp_path, tmp_path / "nothing", tmp_path / "pipe"):
        with pytest.raises(Refused, match=f"^{path}: expected a regular file of at most 4096 bytes with a secret, found none$"):
            validator(secretFile=str(path))
    for path in (file, tmp_path / "nothing"):
        with pytest.raises(Refused, match=f"^{path}: expected certificates in PEM, found none that can be read$"):
            validator(url="https://127.0.0.1:9/", caFile=str(path))


def test_options_that_name_a_file_are_checked_without_it(bundled):
    options = {"url": "https://127.0.0.1:9/", "secretFile": "/nowhere", "caFile": "/nowhere"}
    bundled("webhook").check("webhook", options)


def test_tokens_that_travel_unencrypted_are_warned_of(validator, log):
    warning = (2, "url: http to another machine: tokens and answers travel unencrypted")
    for url, lines in [
        ("http://tokens.example/", [warning]),
        ("https://tokens.example/", []),
        ("http://localhost/", []),
        ("http://127.0.0.1/", []),
        ("http://[::1]/", []),
    ]:
        log.clear()
        validator(url=url)
        assert log == lines, url


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    key, file = folder / "key.pem", folder / "certificate.pem"
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=tokens", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*new, *names, "-keyout", key, "-out", file], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    return file, context


def test_a_service_over_tls_has_to_have_a_certificate_of_the_authority(validator, start_service, certificate):
    file, context = certificate
    secure = start_service(context)
    url = secure.url.replace("127.0.0.1", "localhost")
    assert validator(url=url, caFile=str(file)).validate("t").verdict == ACCEPTED
    for options, reason in [
        ({"url": url}, "no authority that is known has signed its certificate"),
        ({"url": secure.url, "caFile": str(file)}, "failedToValidateHostname"),
    ]:
        verdict = validator(**options).validate("t")
        assert (verdict.verdict, reason in verdict.reason) == (FAILED, True), verdict
    assert len(secure.questions) == 1


def test_the_service_of_the_readme_answers_the_example(bundled, instances, tmp_path):
    readme, script = (FOLDER / "README.md").read_text(), FOLDER / "service.py"
    assert f"```python\n{script.read_text()}```\n" in readme
    example = yaml.safe_load((FOLDER / "example.yaml").read_text())["servers"]["feed"]["tokenValidator"]["options"]
    (line,) = [line for line in readme.splitlines() if example["secretFile"] in line and "openssl" in line]
    subprocess.run(line, shell=True, cwd=tmp_path, check=True)
    file = tmp_path / example["secretFile"]
    assert file.stat().st_mode & 0o077 == 0
    secret = file.read_text().strip()
    environment = {**os.environ, "WEBHOOK_SECRET": secret}
    with subprocess.Popen([sys.executable, script, "0"], env=environment, stdout=subprocess.PIPE, text=True) as run:
        try:
            port = run.stdout.readline().split()[-1]
            assert f"service.py {example['url'].split(':')[-1].split('/')[0]}" in readme
            url = f"http://127.0.0.1:{port}/{example['url'].split('/')[-1]}"
            instances.append(bundled("webhook").create("webhook", {**example, "url": url, "secretFile": str(file)}))
            good, bad = instances[0].validate("open sesame"), instances[0].validate("open says me")
            assert (good.verdict, good.principal) == (ACCEPTED, "anna")
            assert (bad.verdict, bad.reason) == (REJECTED, "an unknown token")
            file.write_text(secret[::-1] + "\n")
            instances.append(bundled("webhook").create("webhook", {**example, "url": url, "secretFile": str(file)}))
            forged = instances[1].validate("open sesame")
            assert (forged.verdict, "found 400" in forged.reason) == (FAILED, True)
        finally:
            run.kill()
