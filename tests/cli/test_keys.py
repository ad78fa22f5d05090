"""`edgewright keys`: makes, lists, trusts, retires and shows keys; nothing is replaced, and mistakes are one line."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

Keys = Callable[..., "subprocess.CompletedProcess[str]"]
DAY = 86_400


@pytest.fixture
def keys(edgewright: Callable[..., object], tmp_path: Path) -> Keys:
    return partial(edgewright, "keys", XDG_CONFIG_HOME=tmp_path)  # type: ignore[return-value]


def test_from_a_new_key_to_a_line_for_a_device(keys: Keys, tmp_path: Path) -> None:
    soon = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 10 * DAY))
    made = keys("new", "work", "--no-passphrase", "--valid-before", soon)
    assert made.returncode == 0, made.stderr
    assert str(tmp_path / "edgewright" / "keys" / "work") in made.stdout
    listed = keys()
    assert f"until {soon} (9 days)" in listed.stdout
    document = json.loads(keys("list", "--json").stdout)
    assert [(key["name"], key["trusted"], key["expired"]) for key in document] == [("work", True, False)]
    assert keys("show", "work").stdout == (tmp_path / "edgewright" / "allowed_signers").read_text()


def test_what_expired_or_is_not_good_yet_is_said(keys: Keys, tmp_path: Path) -> None:
    keys("new", "work", "--no-passphrase")
    file = tmp_path / "edgewright" / "allowed_signers"
    line = file.read_text()
    for option, said in (("valid-before", "expired 2020-01-01"), ("valid-after", "from 2099-01-01")):
        file.write_text(line.replace(" ssh-", f',{option}="{said.split()[1].replace("-", "")}Z" ssh-'))
        assert said in keys().stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("new", "work"), "there is no terminal on which ssh-keygen could ask for a passphrase"),
        (("new", "../work", "--no-passphrase"), "is no name for a key"),
        (("new", "work", "--no-passphrase", "--valid-before", "tomorrow"), "'tomorrow' is no date"),
        (("new", "work", "--no-passphrase", "--valid-before", "2020-01-01"), "in the past"),
        (("trust", "missing.pub"), "cannot be read: No such file"),
        (("retire", "work"), "there is no key 'work'. Make it: edgewright keys new work"),
        (("show", "work"), "there is no key 'work'"),
    ],
)
def test_mistakes_are_one_line(words: tuple[str, ...], said: str, keys: Keys) -> None:
    done = keys(*words, input="")
    assert done.returncode != 0
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "There is no key yet" in keys().stderr
