"""Keys are made, kept, trusted and retired as OpenSSH does it; the real `ssh-keygen` and `ssh-agent` take part."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bundle.desk import make_key
from edgewright.bundle import verify
from edgewright.deploy import find_key, keys, new_key, retire, sign, trust, trusted_file, trusted_keys
from edgewright.errors import BundleError, DeployError, UsageError
from waiting import wait_for

MESSAGE = b"a manifest\n"
FUTURE = 2**32


def test_a_new_key_signs_and_is_trusted() -> None:
    key = new_key("work", passphrase=False, valid_before=FUTURE)
    assert key.private is not None
    assert [path.stat().st_mode & 0o777 for path in (key.private, key.private.parent)] == [0o600, 0o700]
    assert verify(MESSAGE, sign(MESSAGE, "work"), trusted_keys()) == key.trusted
    assert (key.name, key.trusted.valid_before if key.trusted else 0, key.expired) == ("work", FUTURE, False)


def test_a_signature_is_the_same_each_time() -> None:
    new_key("work", passphrase=False)
    assert sign(MESSAGE, "work") == sign(MESSAGE, "work")


@pytest.mark.parametrize("taken", ["work", "work.pub"])
def test_a_key_is_never_replaced(taken: str) -> None:
    folder = trusted_file().parent / "keys"
    folder.mkdir(parents=True)
    (folder / taken).symlink_to("nowhere")
    with pytest.raises(UsageError, match="never replaced"):
        new_key("work", passphrase=False)
    assert [path.name for path in folder.iterdir()] == [taken]


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "work.pub", "-q", "a b", "x" * 200, "a\n"])
def test_a_name_is_one_of_a_file(name: str) -> None:
    with pytest.raises(UsageError, match="no name for a key"):
        new_key(name, passphrase=False)


def test_a_key_that_would_have_expired_is_not_made() -> None:
    with pytest.raises(UsageError, match="in the past"):
        new_key("work", passphrase=False, valid_before=1)
    assert keys() == ()


def test_without_ssh_keygen_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(DeployError, match="Install OpenSSH"):
        new_key("work", passphrase=False)
    assert keys() == ()


def test_keys_of_others_are_trusted_and_retired(tmp_path: Path) -> None:
    new_key("work", passphrase=False)
    make_key(tmp_path / "ann's key", "ed25519")
    key = trust(tmp_path / "ann's key.pub")
    assert key.name == "ann-s-key"
    assert [(key.name, key.private is not None) for key in keys()] == [("work", True), ("ann-s-key", False)]
    with pytest.raises(DeployError, match="only trusted here"):
        sign(MESSAGE, "ann-s-key")
    assert trust(tmp_path / "ann's key.pub", name="ann", valid_before=FUTURE).valid_before == FUTURE
    assert [key.name for key in trusted_keys()] == ["work", "ann"]
    retire("work")
    assert [key.name for key in trusted_keys()] == ["ann"]
    assert find_key("work").private is not None
    with pytest.raises(UsageError, match="is not trusted"):
        retire("work")
    with pytest.raises(UsageError, match="only trusted key"):
        retire("ann")


def test_two_keys_of_one_name_are_told_apart_by_their_fingerprints(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_key(tmp_path / name, "ed25519")
        trust(tmp_path / f"{name}.pub", name="ann")
    with pytest.raises(UsageError, match="by its fingerprint"):
        retire("ann")
    retire(keys()[0].fingerprint)
    assert len(trusted_keys()) == 1


def test_what_cannot_sign_says_why(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="edgewright keys new nobody"):
        sign(MESSAGE, "nobody")
    (tmp_path / "text").write_text("no key")
    with pytest.raises(DeployError, match="does not sign"):
        sign(MESSAGE, tmp_path / "text")
    make_key(tmp_path / "ecdsa", "ecdsa")
    with pytest.raises(DeployError, match="no device takes what it signs"):
        sign(MESSAGE, tmp_path / "ecdsa")
    with pytest.raises(BundleError, match="is not trusted, only ssh-ed25519"):
        trust(tmp_path / "ecdsa.pub")


def test_a_key_that_is_retired_is_on_no_other_line_either() -> None:
    """As an editor leaves it: the same key for another name, too."""
    new_key("desk", passphrase=False)
    (line,) = trusted_file().read_text().splitlines()
    trusted_file().write_text(f"{line}\nsecond-{line}\n")
    with pytest.raises(UsageError, match="the only trusted key"):
        retire("desk")
    new_key("laptop", passphrase=False)
    assert retire("desk").name == "desk"
    assert [key.name for key in trusted_keys()] == ["laptop"]


# ----- a passphrase, and an agent that knows it


def at_a_terminal(code: str, answers: list[tuple[bytes, bytes]]) -> tuple[int, bytes]:
    """Run a program of Python at a terminal, where it is answered what it asks; its exit code and what it showed."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", code])
    shown = b""
    for question, answer in [*answers, (b"\0", b"")]:
        while question not in shown and select.select([terminal], [], [], 60)[0]:
            try:
                shown += os.read(terminal, 4096)
            except OSError:  # it has ended
                break
        if answer:
            os.write(terminal, answer)
            shown = b""
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown


def make_protected() -> None:
    code, shown = at_a_terminal(
        "from edgewright.deploy import new_key; new_key('work')",
        [(b"Enter passphrase", b"secret words\n"), (b"again", b"secret words\n")],
    )
    assert code == 0, shown


def test_a_passphrase_is_asked_for_by_ssh_keygen() -> None:
    make_protected()
    code = f"from edgewright.deploy import sign; import sys; print(sign({MESSAGE!r}, 'work').decode())"
    done, shown = at_a_terminal(code, [(b"assphrase", b"secret words\n")])
    assert (done, b"BEGIN SSH SIGNATURE" in shown) == (0, True), shown
    done, shown = at_a_terminal(code, [(b"assphrase", b"other words\n")])
    assert done != 0
    assert b"incorrect passphrase" in shown


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    if not shutil.which("ssh-agent"):
        pytest.fail("ssh-agent is missing: install openssh-client")
    socket = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    wait_for(socket.exists, process=process)
    yield
    process.terminate()
    process.wait()


@pytest.mark.usefixtures("agent")
def test_an_agent_signs_for_the_public_half() -> None:
    make_protected()
    private = find_key("work").private
    assert private is not None
    done, shown = at_a_terminal(
        f"import subprocess; raise SystemExit(subprocess.call(['ssh-add', {str(private)!r}]))",
        [(b"assphrase", b"secret words\n")],
    )
    assert done == 0, shown
    private.unlink()
    assert verify(MESSAGE, sign(MESSAGE, "work"), trusted_keys()).name == "work"
    assert verify(MESSAGE, sign(MESSAGE, private.with_name("work.pub")), trusted_keys()).name == "work"
