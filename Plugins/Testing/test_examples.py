"""Examples/plugins: the same token validator in several languages, built as each README says, decides the same way."""

import re
import subprocess

import host
import pytest
from conftest import ROOT
from contract import ACCEPTED, REJECTED
from host import Refused


def build(language, folder):
    """What the README's command makes, but into another folder."""
    example = ROOT / "Examples/plugins" / language
    commands = re.findall(r"```sh\n(.*?)\n```", (example / "README.md").read_text(), re.DOTALL)
    assert len(commands) == 1, f"expected one command in {example}/README.md, found {len(commands)}"
    if language == "swift":
        scratch = ROOT / ".build/plugin-examples"
        subprocess.run(f"{commands[0]} --scratch-path {scratch}", shell=True, cwd=example, check=True)
        return scratch / "release/libfriend.so"
    file = folder / "libfriend.so"
    command = commands[0].replace("-o libfriend.so", f"-o {file}")
    assert command != commands[0]
    subprocess.run(command, shell=True, cwd=example, check=True)
    return file


@pytest.fixture(scope="module", params=["swift", "c", "cpp", "rust"])
def plugin(request, tmp_path_factory):
    return host.load(build(request.param, tmp_path_factory.mktemp(request.param)))


@pytest.mark.parametrize("secret", ["s3cret", "with \"quotes\", a \\ and\nlines", "über 😀 \u007f\u0080\u0001"])
def test_only_the_secret_is_accepted_and_belongs_to_friend(plugin, instances, secret):
    friend = plugin.create("friend", {"secret": secret})
    instances.append(friend)
    accepted = friend.validate(secret)
    assert (accepted.verdict, accepted.principal, accepted.expires_at, accepted.grants) == (ACCEPTED, "friend", 0, None)
    for token in ("", secret[:-1], secret + " ", secret.upper(), "x" * 10_000):
        rejected = friend.validate(token)
        assert (rejected.verdict, rejected.reason) == (REJECTED, "expected the secret, found another token")


def test_what_is_wrong_with_the_options_is_said(plugin):
    for options, line in [
        ({}, "secret: expected text, found nothing"),
        ({"secret": 3}, "secret: expected text in quotes, found a number"),
        ({"secret": True}, "secret: expected text in quotes, found true or false"),
    ]:
        for refuse in (plugin.check, plugin.create):
            with pytest.raises(Refused, match=f"^{line}$"):
                refuse("friend", options)
    with pytest.raises(Refused, match="^other: unknown option; "):
        plugin.check("friend", {"secret": "s", "other": 1})
    plugin.check("friend", {"secret": "s"})


@pytest.mark.parametrize(
    "file", ["swift/Package.swift", "swift/Sources/Friend.swift", "swift/README.md", "c/friend.c", "c/README.md"]
)
def test_the_documentation_shows_the_examples_word_for_word(file):
    documentation = (ROOT / "docs/plugins.md").read_text()
    text = (ROOT / "Examples/plugins" / file).read_text()
    if file.endswith(".md"):
        assert re.search(r"```sh\n.*?```", text, re.DOTALL)[0] in documentation
    else:
        assert f"\n{text}```\n" in documentation
