"""What all verbs read and say in the same way: sizes of an option, and one line for whoever looks on."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from edgewright.cli.verb import say, sizes

from ..conftest import Run

NO_SIZES = ["inf", "nan", "1.9", "1,1e3", "0,3", "-1", "", "1,,2", "9" * 5000]


@pytest.mark.parametrize("text", NO_SIZES)
def test_sizes_are_whole_numbers_and_nothing_is_cut_to_one(text: str) -> None:
    with pytest.raises(click.BadParameter, match="whole numbers of at least 1"):
        sizes(text, "--input-shape")


def test_sizes_are_read_in_their_order() -> None:
    assert sizes("1, 224,224,3", "--input-shape") == (1, 224, 224, 3)
    assert sizes(None, "--input-shape") == ()


@pytest.mark.parametrize("verb", ["check", "convert"])
@pytest.mark.parametrize("text", ["inf", "nan", "1.9"])
def test_a_shape_that_is_none_is_refused_in_one_line(verb: str, text: str, edgewright: Run, tmp_path: Path) -> None:
    source = tmp_path / "model.keras"
    source.write_bytes(b"PK\x03\x04")
    done = edgewright(verb, source, "--input-shape", text)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done
    assert "--input-shape" in done.stderr
    assert "unforeseen" not in done.stderr


def test_what_is_said_stays_on_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    say("a\nb\x1b]0;title\x07")
    assert capfd.readouterr().err == "edgewright: a b\ufffd]0;title\ufffd\n"
