"""jwt: JSON Web Tokens. They are made here with the openssl program, so that nobody agrees with himself only."""

import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import time

import pytest
import yaml
from conftest import PLUGINS
from contract import ACCEPTED, PUBLISH, REJECTED, SUBSCRIBE
from host import Refused

SECRET = "0123456789abcdef0123456789abcdef"
LATER = 32503680000


def base64url(data):
    data = json.dumps(data).encode() if isinstance(data, dict) else data
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


class PrivateKey:
    """One that openssl has made, and signs with."""

    OPTIONS = {
        "RS256": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        "RS256-short": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
        "ES256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        "ES384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        "EdDSA": ["-algorithm", "ED25519"],
    }

    def __init__(self, kind, folder):
        self.algorithm = kind.split("-")[0]
        self.file = folder / f"{kind}-{os.urandom(4).hex()}.pem"
        openssl("genpkey", *self.OPTIONS[kind], "-out", self.file)
        self.pem = openssl("pkey", "-in", self.file, "-pubout").decode()
        self.der = openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")

    def sign(self, data):
        if self.algorithm == "EdDSA":
            message = self.file.with_suffix(".message")
            message.write_bytes(data)
            return openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", message)
        signature = openssl("dgst", "-sha256", "-sign", self.file, data=data)
        if self.algorithm == "RS256":
            return signature
        # DER: 30 .. 02 length r 02 length s
        r_length = signature[3]
        r, s = signature[4 : 4 + r_length], signature[6 + r_length :]
        return b"".join(number.lstrip(b"\0").rjust(32, b"\0") for number in (r, s))

    def jwk(self, **members):
        if self.algorithm == "RS256":
            modulus = bytes.fromhex(openssl("rsa", "-in", self.file, "-noout", "-modulus").decode().split("=")[1])
            key = {"kty": "RSA", "n": base64url(modulus), "e": "AQAB"}
        elif self.algorithm == "ES256":
            key = {"kty": "EC", "crv": "P-256", "x": base64url(self.der[-64:-32]), "y": base64url(self.der[-32:])}
        else:
            key = {"kty": "OKP", "crv": "Ed25519", "x": base64url(self.der[-32:])}
        return {**key, **members}


class Secret:
    algorithm = "HS256"

    def __init__(self, text=SECRET):
        self.bytes = text.encode()

    def sign(self, data):
        return hmac.digest(self.bytes, data, hashlib.sha256)


def token(key, claims=None, **header):
    claims = {"sub": "anna", "exp": LATER} if claims is None else claims
    signed = f"{base64url({'alg': key.algorithm, 'typ': 'JWT', **header})}.{base64url(claims)}"
    return f"{signed}.{base64url(key.sign(signed.encode()))}"


@pytest.fixture(scope="session")
def private_key(tmp_path_factory):
    """private_key(kind, number=0): a key, made once."""
    made, folder = {}, tmp_path_factory.mktemp("keys")

    def make(kind, number=0):
        if (kind, number) not in made:
            made[kind, number] = PrivateKey(kind, folder)
        return made[kind, number]

    return make


@pytest.fixture
def validator(bundled, instances):
    def make(**options):
        instances.append(bundled("jwt").create("jwt", options))
        return instances[-1]

    return make


def replace(file, text):
    other = file.with_suffix(".new")
    other.write_text(text if isinstance(text, str) else json.dumps(text))
    other.rename(file)
    return str(file)


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256", "EdDSA"])
@pytest.mark.parametrize("form", ["plain", "jwks"])
def test_a_token_is_accepted_with_its_key_only(validator, private_key, tmp_path, algorithm, form):
    if algorithm == "HS256":
        key, other = Secret(), Secret(SECRET[::-1])
        options = {"secret": SECRET} if form == "plain" else {"secretFile": replace(tmp_path / "secret", SECRET + "\n")}
    else:
        key, other = private_key(algorithm), private_key(algorithm, 1)
        if form == "plain":
            options = {"pemFile": replace(tmp_path / "key.pem", key.pem)}
        else:
            options = {"jwksFile": replace(tmp_path / "keys.json", {"keys": [key.jwk(kid="k", alg=algorithm, use="sig")]})}
    checked = validator(**options)
    verdict = checked.validate(token(key))
    assert (verdict.verdict, verdict.principal, verdict.expires_at) == (ACCEPTED, "anna", LATER * 1000), verdict
    assert verdict.grants is None
    assert "expected the signature" in checked.validate(token(other)).reason
    good = token(key)
    header, payload, signature = good.split(".")
    forged = base64url({"sub": "root", "exp": LATER})
    for bad in (f"{header}.{forged}.{signature}", f"{header}.{payload}.", f"{header}.{payload}.{signature[:-8]}AAAAAAAA"):
        assert checked.validate(bad).verdict == REJECTED


def test_a_public_key_is_never_taken_for_a_secret(validator, private_key, tmp_path):
    key = private_key("RS256")
    checked = validator(pemFile=replace(tmp_path / "key.pem", key.pem))
    for stolen in (key.pem, key.pem.strip()):
        assert "the algorithm and the id" in checked.validate(token(Secret(stolen))).reason
    unsigned = f"{base64url({'alg': 'none'})}.{base64url({'sub': 'root', 'exp': LATER})}."
    assert "the algorithm and the id" in checked.validate(unsigned).reason
    lying = token(key, alg="ES256")
    assert "the algorithm and the id" in checked.validate(lying).reason


def test_a_token_that_names_a_key_is_checked_with_that_one(validator, private_key, tmp_path):
    one, two, third = private_key("ES256"), private_key("ES256", 1), private_key("EdDSA")
    keys = {"keys": [one.jwk(kid="one"), two.jwk(kid="two"), third.jwk(kid="three")]}
    checked = validator(jwksFile=replace(tmp_path / "keys.json", keys))
    for key, kid in ((one, "one"), (two, "two"), (third, "three"), (two, None)):
        assert checked.validate(token(key, **({"kid": kid} if kid else {}))).verdict == ACCEPTED
    assert "the signature" in checked.validate(token(one, kid="two")).reason
    assert "the algorithm and the id" in checked.validate(token(one, kid="four")).reason


def test_keys_for_something_else_are_ignored(validator, private_key, tmp_path):
    others = [
        {"kty": "oct", "k": base64url(SECRET.encode()), "kid": "a"},
        {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA", "kid": "b"},
        private_key("RS256").jwk(use="enc", kid="c"),
        private_key("RS256").jwk(alg="RSA-OAEP", kid="d"),
    ]
    checked = validator(jwksFile=replace(tmp_path / "keys.json", {"keys": [*others, private_key("EdDSA").jwk()]}))
    assert checked.validate(token(private_key("EdDSA"))).verdict == ACCEPTED
    for rejected in (Secret(), private_key("RS256")):
        assert "the algorithm and the id" in checked.validate(token(rejected)).reason
    with pytest.raises(Refused, match="expected a key for RS256, ES256 or EdDSA in the JSON Web Key Set, found none"):
        validator(jwksFile=replace(tmp_path / "keys.json", {"keys": others}))


@pytest.mark.parametrize(
    ("options", "claims", "reason"),
    [
        ({}, {"exp": 1000}, "expected a token that has not expired, found an expired one"),
        ({"leewayMs": 60_000}, {"exp": "now-120"}, "expected a token that has not expired, found an expired one"),
        ({"leewayMs": 240_000}, {"exp": "now-120"}, None),
        ({}, {"exp": None}, "expected a token with an expiry, found none"),
        ({"requireExpiry": False}, {"exp": None}, None),
        ({}, {"exp": "soon"}, "expected exp in seconds since 1970, found something else"),
        ({}, {"exp": 1e300}, "expected exp in seconds since 1970, found something else"),
        ({}, {"exp": -1}, "expected exp in seconds since 1970, found something else"),
        ({}, {"nbf": "now+120"}, "expected a token that may be used already"),
        ({"leewayMs": 240_000}, {"nbf": "now+120"}, None),
        ({}, {"nbf": "now-120"}, None),
        ({}, {"nbf": True}, "expected nbf in seconds since 1970, found something else"),
        ({"issuer": "https://login"}, {"iss": "https://login"}, None),
        ({"issuer": "https://login"}, {"iss": "https://evil"}, "expected the issuer https://login, found another"),
        ({"issuer": "https://login"}, {}, "expected the issuer https://login, found another"),
        ({"audience": "feed"}, {"aud": "feed"}, None),
        ({"audience": "feed"}, {"aud": ["shop", "feed"]}, None),
        ({"audience": "feed"}, {"aud": ["shop", "feeds"]}, "expected the audience feed, found others"),
        ({"audience": "feed"}, {}, "expected the audience feed, found others"),
        ({}, {"sub": None}, "expected the principal as text in sub, found none"),
        ({}, {"sub": ""}, "expected the principal as text in sub, found none"),
        ({}, {"sub": 7}, "expected the principal as text in sub, found none"),
    ],
)
def test_claims_are_checked_against_the_options(validator, options, claims, reason):
    claims = {"sub": "anna", "exp": LATER, **claims}
    for name, value in list(claims.items()):
        if value is None:
            del claims[name]
        elif isinstance(value, str) and value.startswith("now"):
            claims[name] = int(time.time()) + int(value[3:])
    verdict = validator(secret=SECRET, **options).validate(token(Secret(), claims))
    if reason:
        assert verdict.verdict == REJECTED
        assert verdict.reason.startswith(reason)
    else:
        leeway = options.get("leewayMs", 0)
        expected = claims["exp"] * 1000 + leeway if "exp" in claims else 0
        assert (verdict.verdict, verdict.principal, verdict.expires_at) == (ACCEPTED, "anna", expected)


def test_principal_and_grants_come_from_claims(validator):
    claims = {"exp": LATER, "email": "anna@example.com", "read": ["snapshot", "delta"], "write": "chat"}
    both = validator(secret=SECRET, principalClaim="email", subscribeClaim="read", publishClaim="write")
    verdict = both.validate(token(Secret(), claims))
    assert verdict.principal == "anna@example.com"
    assert verdict.grants == [("snapshot", 1 << SUBSCRIBE), ("delta", 1 << SUBSCRIBE), ("chat", 1 << PUBLISH)]
    nothing = both.validate(token(Secret(), {"exp": LATER, "email": "bert", "read": 3}))
    assert (nothing.verdict, nothing.grants) == (ACCEPTED, [])


@pytest.mark.parametrize("bad", ["", "x", "a.b.c", "..", "é.é.é", "e30.e30.", "eyJhbGciOiJIUzI1NiJ9.W10.AA", "." * 5000])
def test_what_is_no_token_is_refused(validator, bad):
    verdict = validator(secret=SECRET).validate(bad)
    assert verdict.verdict == REJECTED
    assert verdict.reason.startswith("expected ")


def test_critical_extensions_are_refused(validator):
    verdict = validator(secret=SECRET).validate(token(Secret(), crit=["b64"], b64=True))
    assert verdict.reason == "expected a token without critical extensions, found some"


def test_keys_are_read_again_when_the_file_changes(validator, private_key, tmp_path, eventually, log):
    old, new = private_key("ES256"), private_key("EdDSA")
    file = tmp_path / "keys.json"
    replace(file, {"keys": [old.jwk()]})
    checked = validator(jwksFile=str(file), reloadMs=10)
    replace(file, {"keys": [old.jwk(), new.jwk()]})
    eventually(lambda: checked.validate(token(new)).verdict == ACCEPTED)
    assert checked.validate(token(old)).verdict == ACCEPTED
    eventually(lambda: log == [(1, "the keys were read again")])
    log.clear()
    replace(file, "{")
    eventually(lambda: log)
    file.unlink()
    eventually(lambda: len(log) == 2)
    assert [level for level, _ in log] == [3, 3]
    assert log[0][1] == f"{file}: expected a JSON Web Key Set, found something else; the keys stay as they were"
    assert checked.validate(token(old)).verdict == ACCEPTED
    replace(file, {"keys": [new.jwk()]})
    eventually(lambda: checked.validate(token(old)).verdict == REJECTED)


class KeyFile:
    """A file with one key at a time, as one of the options wants it."""

    def __init__(self, option, folder, private_key):
        self.option, self.path = option, folder / "keys"
        self.keys = [Secret(f"{n}{SECRET}") if option == "secretFile" else private_key("ES256", n) for n in range(4)]
        self.options = {option: str(self.path)}

    def text(self, key):
        forms = {"secretFile": lambda: key.bytes.decode(), "pemFile": lambda: key.pem, "jwksFile": lambda: {"keys": [key.jwk()]}}
        return forms[self.option]()


@pytest.fixture(params=["secretFile", "pemFile", "jwksFile"])
def key_file(request, private_key, tmp_path):
    made = KeyFile(request.param, tmp_path, private_key)
    replace(made.path, made.text(made.keys[0]))
    return made


def test_a_file_of_each_kind_is_looked_at_as_often_as_the_options_say(validator, key_file, eventually):
    seldom, often = validator(**key_file.options, reloadMs=3_600_000), validator(**key_file.options, reloadMs=10)
    for key in key_file.keys[1:]:
        replace(key_file.path, key_file.text(key))
        eventually(lambda: often.validate(token(key)).verdict == ACCEPTED)
    # If both looked equally often, one would have seen the first change before the other has seen the third.
    for key, of_seldom, of_often in [(key_file.keys[0], ACCEPTED, REJECTED), (key_file.keys[3], REJECTED, ACCEPTED)]:
        assert (seldom.validate(token(key)).verdict, often.validate(token(key)).verdict) == (of_seldom, of_often)


def test_a_file_that_cannot_be_read_is_tried_again_and_logged_once(log_of_failed_reads, key_file):
    newer = replace(key_file.path.with_name("newer"), key_file.text(key_file.keys[1]))
    options = {**key_file.options, "reloadMs": 10}
    assert log_of_failed_reads("jwt", "jwt", options, str(key_file.path), newer, token(key_file.keys[1])) == [
        (3, f"{key_file.path}: expected a file of keys, found one that cannot be read; the keys stay as they were"),
        (1, "the keys were read again"),
    ]


def test_keys_that_cannot_be_used_are_ignored_with_a_line_in_the_log(validator, private_key, tmp_path, log):
    file = tmp_path / "keys.json"
    unusable = [
        {"kty": "RSA", "kid": "a", "n": "AQAB"},
        private_key("RS256-short").jwk(kid="b"),
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kid": "d"},
        "a key",
    ]
    checked = validator(jwksFile=replace(file, {"keys": [*unusable, private_key("EdDSA").jwk()]}))
    assert checked.validate(token(private_key("EdDSA"))).verdict == ACCEPTED
    assert "the algorithm and the id" in checked.validate(token(private_key("RS256-short"))).reason
    assert [level for level, _ in log] == [2] * 5
    for (_, line), problem in zip(
        log,
        [
            "expected all members of the key a, found fewer",
            "expected a good key as b, found another: .*",
            "expected a good key as the one without kid, found another: .*",
            "expected a JSON Web Key, found something else",
            "expected a JSON Web Key, found something else",
        ],
    ):
        assert re.fullmatch(f"{file}: {problem}; the key is ignored", line)


def test_files_that_are_not_as_they_should_be_are_refused(validator, private_key, tmp_path):
    file = tmp_path / "keys"
    no_key = r"expected a public key of RSA \(from 2048 bits\), P-256 or Ed25519 in PEM, found something else"
    no_jwk = "expected a key for RS256, ES256 or EdDSA in the JSON Web Key Set, found none"
    for option, text, message in [
        ("secretFile", "short\n", "expected at least 32 bytes, found fewer"),
        ("pemFile", "", no_key),
        ("pemFile", private_key("ES384").pem, no_key),
        ("pemFile", private_key("RS256-short").pem, no_key),
        ("jwksFile", "[]", "expected a JSON Web Key Set, found something else"),
        ("jwksFile", {"keys": []}, no_jwk),
        ("jwksFile", {"keys": [{"kty": "RSA", "kid": "k", "n": "AQAB"}]}, f"{no_jwk}: expected all members of the key k, .*"),
        ("jwksFile", {"keys": [private_key("RS256-short").jwk(kid="k")]}, f"{no_jwk}: expected a good key as k, .*"),
    ]:
        replace(file, text)
        with pytest.raises(Refused, match=f"^{file}: {message}$"):
            validator(**{option: str(file)})
    for path, message in [
        ("/nowhere", "expected a file of keys, found none"),
        (str(tmp_path), "expected a regular file of at most 1048576 bytes, found another"),
    ]:
        with pytest.raises(Refused, match=f"^{path}: {message}$"):
            validator(pemFile=path)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({}, "expected one of secret, secretFile, pemFile, jwksFile, found none"),
        ({"secret": SECRET, "pemFile": "f"}, "expected one of secret, secretFile, pemFile, jwksFile, found secret and pemFile"),
        ({"secret": "short"}, "secret: expected at least 32 bytes, found fewer"),
        ({"secret": 1234567890}, "secret: expected text in quotes, found a number"),
        ({"secret": SECRET, "reloadMs": 20}, "reloadMs: has an effect with a file of keys only"),
        ({"secret": SECRET, "leewayMs": -1}, "leewayMs: expected at least 0, found -1"),
        ({"secret": SECRET, "requireExpiry": "yes"}, 'requireExpiry: expected true or false, found "yes"'),
        ({"secret": SECRET, "isuer": "x"}, "isuer: unknown option; did you mean issuer?"),
        ({"pemFile": "f", "reloadMs": 1}, "reloadMs: expected at least 10, found 1"),
    ],
)
def test_wrong_options_are_refused_by_name(bundled, options, line):
    for refuse in (bundled("jwt").check, bundled("jwt").create):
        with pytest.raises(Refused) as refused:
            refuse("jwt", options)
        assert refused.value.lines == [line]
        assert "short" not in str(refused.value)


def test_the_commands_of_the_readme_make_a_key_and_a_token_for_the_example(validator, token_of_readme, tmp_path):
    made = token_of_readme("JWTValidator")
    example = yaml.safe_load((PLUGINS / "JWTValidator/example.yaml").read_text())
    options = example["servers"]["feed"]["tokenValidator"]["options"]
    verdict = validator(**{**options, "jwksFile": str(tmp_path / options["jwksFile"])}).validate(made)
    assert (verdict.principal, verdict.grants) == ("anna", [("snapshot", 1 << SUBSCRIBE)])


def test_options_that_name_a_file_are_checked_without_it(bundled):
    bundled("jwt").check("jwt", {"pemFile": "/nowhere"})
