"""A file of trusted keys says what OpenSSH takes it to say, or it is refused."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bundle.desk import Desk, make_desk, make_key
from edgewright.bundle import (
    ALLOWED_SIGNERS,
    NAMESPACE,
    TrustedKey,
    forget_time,
    latest_time,
    parse_public,
    parse_time,
    parse_trusted,
    read_trusted,
    remember_time,
    roll_over,
    trusted_text,
    with_key,
    write_trusted,
)
from edgewright.errors import BundleError

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIB+XGOq0mllge52nmQcG6I/2H/YJDWid3JDcMrTzHCGe"
PLAIN = TrustedKey("work", parse_public(f"ssh-ed25519 {KEY}")[0], ())

_names = some.from_regex(r"[A-Za-z0-9._@+-]{1,20}", fullmatch=True)
_keys = some.builds(
    TrustedKey,
    name=_names,
    key=some.binary(min_size=32, max_size=32),
    namespaces=some.lists(_names, max_size=3).map(tuple),
    valid_after=some.none() | some.integers(0, 10**9),
    valid_before=some.none() | some.integers(10**9, 2**33),
    remark=some.text("aé漢 1", max_size=20).map(str.strip),
)


@given(some.lists(_keys, max_size=4))
def test_what_is_written_is_read_back(keys: list[TrustedKey]) -> None:
    assert parse_trusted(trusted_text(keys)) == tuple(keys)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (f"work ssh-ed25519 {KEY}", PLAIN),
        (f"  work\tssh-ed25519  {KEY}\r", PLAIN),
        (f"work ssh-ed25519 {KEY} ann at her desk", replace(PLAIN, remark="ann at her desk")),
        (f"ann@a.org,bob@a.org ssh-ed25519 {KEY}", replace(PLAIN, name="ann@a.org,bob@a.org")),
        (f'work namespaces="git,file" ssh-ed25519 {KEY}', replace(PLAIN, namespaces=("git", "file"))),
        (f'work NameSpaces="git" ssh-ed25519 {KEY}', replace(PLAIN, namespaces=("git",))),
        (f'work valid-after="20200102Z" ssh-ed25519 {KEY}', replace(PLAIN, valid_after=1577923200)),
        (
            f'work valid-after="197001010000Z",valid-before="19700101000059Z" ssh-ed25519 {KEY}',
            replace(PLAIN, valid_after=0, valid_before=59),
        ),
    ],
)
def test_lines_as_openssh_has_them(line: str, key: TrustedKey) -> None:
    assert parse_trusted(f"# keys\n\n{line}\n") == (key,)


@pytest.mark.parametrize(
    "line",
    [
        "work",
        f"ssh-ed25519 {KEY}",
        f"work ssh-rsa {KEY}",
        f"work sk-ssh-ed25519@openssh.com {KEY}",
        f"work ssh-ed25519 {KEY[:-4]}",
        f"work ssh-ed25519 {KEY}AAAA",
        f"work ssh-ed25519 {KEY} remark\x00",
        f"work cert-authority ssh-ed25519 {KEY}",
        f'work namespaces="git ssh-ed25519 {KEY}',
        f'work namespaces="*" ssh-ed25519 {KEY}',
        f'work namespaces="git",namespaces="edgewright-bundle" ssh-ed25519 {KEY}',
        f'work valid-before="2020-01-01" ssh-ed25519 {KEY}',
        f'work valid-before="20201301" ssh-ed25519 {KEY}',
        f'work valid-before="" ssh-ed25519 {KEY}',
        f'work valid-after="20300101Z",valid-before="20200101Z" ssh-ed25519 {KEY}',
        f'work valid-before="20200101Z", ssh-ed25519 {KEY}',
        f'work no-such-option="x" ssh-ed25519 {KEY}',
        f"* ssh-ed25519 {KEY}",
        f"*@a.org,!b@a.org ssh-ed25519 {KEY}",
        f'"ann b" ssh-ed25519 {KEY}',
    ],
)
def test_what_is_not_understood_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(BundleError, match="line 2"):
        parse_trusted(f"work ssh-ed25519 {KEY}\n{line}\n")


def test_a_long_line_is_refused_without_long_thought() -> None:
    for line in ('a "' + "x" * 100_000, "a " + "x," * 50_000, "a " + 'x="",' * 30_000 + "!"):
        with pytest.raises(BundleError):
            parse_trusted(line)


def test_times_are_local_without_a_z(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert parse_time("20200102Z") - parse_time("20200102") == 9 * 3600
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_fingerprint_is_that_of_ssh_keygen() -> None:
    assert PLAIN.fingerprint == "SHA256:cOgyIlsrVeiAixhu74gMG5ecv7NfUIjEvR5CPwG6wnE"


def test_without_a_file_no_key_is_trusted(tmp_path: Path) -> None:
    assert read_trusted(tmp_path / ALLOWED_SIGNERS) == ()


@pytest.mark.parametrize("content", [b"", b"# all gone\n", b"\xff\xfe", b"nonsense"])
def test_a_damaged_file_is_not_taken_for_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / ALLOWED_SIGNERS).write_bytes(content)
    with pytest.raises(BundleError, match=ALLOWED_SIGNERS):
        read_trusted(tmp_path / ALLOWED_SIGNERS)


def test_a_file_that_leads_nowhere_is_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / ALLOWED_SIGNERS).symlink_to("missing")
    with pytest.raises(BundleError, match="leads nowhere"):
        read_trusted(tmp_path / ALLOWED_SIGNERS)


def test_the_last_key_stays(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="last trusted key"):
        write_trusted(tmp_path / ALLOWED_SIGNERS, [])


def test_a_key_is_there_once_with_what_was_said_last() -> None:
    later = replace(PLAIN, valid_before=5)
    assert with_key(with_key((), PLAIN), later) == (later,)


def test_a_version_brings_the_keys_that_are_trusted_from_then_on(tmp_path: Path) -> None:
    root, version = tmp_path / "root", tmp_path / "version"
    for folder in (root, version):
        folder.mkdir()
    old, new = replace(PLAIN, name="old"), TrustedKey("new", bytes(32))
    write_trusted(root / ALLOWED_SIGNERS, [old])
    assert not roll_over(root, version)
    write_trusted(version / ALLOWED_SIGNERS, [new])
    assert roll_over(root, version)
    assert not roll_over(root, version)
    assert read_trusted(root / ALLOWED_SIGNERS) == (new,)


def test_damaged_keys_of_a_version_change_nothing(tmp_path: Path) -> None:
    root, version = tmp_path / "root", tmp_path / "version"
    for folder in (root, version):
        folder.mkdir()
    write_trusted(root / ALLOWED_SIGNERS, [PLAIN])
    (version / ALLOWED_SIGNERS).write_text("")
    with pytest.raises(BundleError):
        roll_over(root, version)
    assert read_trusted(root / ALLOWED_SIGNERS) == (PLAIN,)


def test_public_keys_of_other_kinds_are_refused(tmp_path: Path) -> None:
    public = make_key(tmp_path / "key", "ecdsa").with_suffix(".pub").read_text()
    with pytest.raises(BundleError, match="is not trusted, only ssh-ed25519"):
        parse_public(public)


def test_a_private_key_is_not_taken_for_a_public_one(tmp_path: Path) -> None:
    desk: Desk = make_desk(tmp_path)
    with pytest.raises(BundleError, match=r"ends in \.pub"):
        parse_public(desk.private.read_text())
    assert NAMESPACE in desk.trusted.line


# ----- the time


def test_a_device_never_believes_to_be_earlier_than_it_was(tmp_path: Path) -> None:
    remember_time(tmp_path)
    assert abs(latest_time(tmp_path) - time.time()) < 60
    (tmp_path / "clock.json").write_text('{"latest": 9000000000}')
    remember_time(tmp_path)
    assert latest_time(tmp_path) == 9_000_000_000
    forget_time(tmp_path)
    assert latest_time(tmp_path) < 9_000_000_000


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"latest": "x"}', '{"latest": -1}', '{"latest": 1e300}'])
def test_a_damaged_note_of_the_time_is_none(content: str, tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_text(content)
    assert abs(latest_time(tmp_path) - time.time()) < 60
