"""A signature opens a bundle only if a trusted key made it for that; both programs that do the sums agree."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bundle.desk import Desk, make_desk, make_key, signed_with, use_verifier
from edgewright.bundle import NAMESPACE, Signature, TrustedKey, verify
from edgewright.errors import SignatureError

ORDER = 2**252 + 27742317777372353535851937790883648493
MESSAGE = b"what is signed\n"
VERIFIERS = ("ssh-keygen", "cryptography")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(params=VERIFIERS)
def verifier(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    use_verifier(request.param, monkeypatch)
    return str(request.param)


@pytest.fixture(scope="module", params=["sha512", "sha256"])
def signature(request: pytest.FixtureRequest, desk: Desk) -> bytes:
    return desk.sign(MESSAGE, digest=request.param)


@pytest.mark.usefixtures("verifier")
def test_what_a_trusted_key_signed_is_taken(desk: Desk, signature: bytes) -> None:
    assert verify(MESSAGE, signature, [desk.trusted]) == desk.trusted


@pytest.mark.usefixtures("verifier")
def test_anything_else_under_the_same_signature_is_refused(desk: Desk, signature: bytes) -> None:
    with pytest.raises(SignatureError, match="does not hold"):
        verify(MESSAGE + b" ", signature, [desk.trusted])


@pytest.mark.usefixtures("verifier")
def test_without_trusted_keys_nothing_is_taken(signature: bytes) -> None:
    with pytest.raises(SignatureError, match="not trusted here"):
        verify(MESSAGE, signature, [])


def test_the_message_names_the_key_that_is_not_trusted(desk: Desk, tmp_path: Path) -> None:
    other = make_desk(tmp_path)
    with pytest.raises(SignatureError) as raised:
        verify(MESSAGE, other.sign(MESSAGE), [desk.trusted])
    listed = subprocess.run(["ssh-keygen", "-l", "-f", other.private], capture_output=True, text=True, check=True)
    assert listed.stdout.split()[1] in str(raised.value)


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_keys_of_another_kind_are_refused(kind: str, desk: Desk, tmp_path: Path) -> None:
    private = make_key(tmp_path / "key", kind)
    with pytest.raises(SignatureError, match="is not trusted, only ssh-ed25519"):
        verify(MESSAGE, signed_with(private, MESSAGE), [desk.trusted])


@pytest.mark.parametrize("namespace", ["file", "git", "edgewright-bundle2", "EDGEWRIGHT-BUNDLE"])
def test_signatures_for_something_else_are_refused(namespace: str, desk: Desk) -> None:
    with pytest.raises(SignatureError, match=f"made for '{namespace}'"):
        verify(MESSAGE, desk.sign(MESSAGE, namespace=namespace), [desk.trusted])


def test_a_key_is_good_from_one_time_to_another(desk: Desk, signature: bytes) -> None:
    key = replace(desk.trusted, valid_after=1_000, valid_before=2_000)
    assert verify(MESSAGE, signature, [key], at=1_000) == verify(MESSAGE, signature, [key], at=2_000) == key
    with pytest.raises(SignatureError, match="good only from 1970-01-01 00:16"):
        verify(MESSAGE, signature, [key], at=999)
    with pytest.raises(SignatureError, match="expired on 1970-01-01 00:33"):
        verify(MESSAGE, signature, [key], at=2_001)


def test_a_key_that_is_trusted_twice_counts_where_it_is_good(desk: Desk, signature: bytes) -> None:
    expired, good = replace(desk.trusted, valid_before=10), replace(desk.trusted, name="again")
    assert verify(MESSAGE, signature, [expired, good]) == good


def test_a_key_that_is_trusted_for_something_else_is_refused(desk: Desk, signature: bytes) -> None:
    with pytest.raises(SignatureError, match="trusted for git, not for"):
        verify(MESSAGE, signature, [replace(desk.trusted, namespaces=("git",))])


def test_without_either_program_it_is_said_what_to_install(
    desk: Desk, signature: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    with pytest.raises(SignatureError, match="Install openssh-client or python3-cryptography"):
        verify(MESSAGE, signature, [desk.trusted])


def test_the_other_form_of_a_signature_is_refused(desk: Desk, signature: bytes) -> None:
    found = Signature.from_bytes(signature)
    larger = (int.from_bytes(found.value[32:], "little") + ORDER).to_bytes(32, "little")
    with pytest.raises(SignatureError, match="changed copy"):
        verify(MESSAGE, replace(found, value=found.value[:32] + larger).to_bytes(), [desk.trusted])


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: b"\n" + data,
        lambda data: data + data,
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"\n", b"").replace(b"-----B", b"\n-----B"),
        lambda data: data.replace(b"SSH SIGNATURE", b"SSH  SIGNATURE"),
        lambda data: data.replace(b"U1NIU0lH", b"U1NIU0lI"),
        lambda data: data.replace(b"==\n", b"=\n"),
        lambda data: data[:100] + b" " + data[100:],
        lambda data: data[:100] + b"\xff" + data[101:],
        lambda data: data[:60] + b"\n" + data[60:],
        lambda data: data * 20,
    ],
)
def test_a_signature_has_one_form(change, desk: Desk, signature: bytes) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SignatureError):
        verify(MESSAGE, change(signature), [desk.trusted])


def test_both_ways_agree_on_signatures_that_were_changed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the parts that are left to them: the point and the number, in any bit; and the message."""
    found = Signature.from_bytes(desk.sign(MESSAGE))
    cases = [(MESSAGE, found), *(_changed(found, seed) for seed in range(60))]
    answers = {name: [_is_taken(name, desk.trusted, *case, monkeypatch) for case in cases] for name in VERIFIERS}
    assert answers["ssh-keygen"] == answers["cryptography"] == [True, *[False] * 60]


def _changed(found: Signature, seed: int) -> tuple[bytes, Signature]:
    chance = random.Random(seed)
    if seed % 4 == 0:
        return MESSAGE + bytes([seed]), found
    value = bytearray(found.value)
    value[chance.randrange(63)] ^= 1 << chance.randrange(8)
    return MESSAGE, replace(found, value=bytes(value))


def _is_taken(
    name: str, key: TrustedKey, message: bytes, signature: Signature, monkeypatch: pytest.MonkeyPatch
) -> bool:
    with monkeypatch.context() as patch:
        use_verifier(name, patch)
        try:
            return verify(message, signature.to_bytes(), [key]) == key
        except SignatureError:
            return False


@pytest.mark.parametrize("seed", range(4))
def test_what_is_trusted_and_when_is_what_openssh_says(seed: int, desk: Desk, tmp_path: Path) -> None:
    """Its own decision over a whole line of allowed_signers, with options and a time, is the same as ours."""
    assert shutil.which("ssh-keygen")
    chance = random.Random(seed)
    signature = tmp_path / "sig"
    signature.write_bytes(desk.sign(MESSAGE))
    answers = set()
    for _ in range(12):
        limits = sorted(chance.choice([None, chance.randrange(10**9, 2 * 10**9)]) or 0 for _ in range(2))
        after, before = (limit or None for limit in limits)
        purposes = chance.choice([(), (NAMESPACE,), ("git",), ("git", NAMESPACE), ("edgewright-bundle2",)])
        key = replace(desk.trusted, namespaces=purposes, valid_after=after, valid_before=before)
        at = chance.choice([chance.randrange(10**9, 2 * 10**9), *(limit for limit in limits if limit)])
        ours = key.why_not(at) == ""
        assert ours == _openssh_takes(key, at, signature), key.line
        answers.add(ours)
    assert answers == {True, False}


def _openssh_takes(key: TrustedKey, at: int, signature: Path) -> bool:
    keys = signature.with_name("keys")
    keys.write_text(f"{key.line}\n")
    moment = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(at))
    words = ["ssh-keygen", "-Y", "verify", "-n", NAMESPACE, "-f", keys, "-I", key.name, "-s", signature]
    done = subprocess.run([*words, "-O", f"verify-time={moment}"], input=MESSAGE, capture_output=True)
    return done.returncode == 0
