"""The folder of a run: listed once, the same for everybody, and refused where it was damaged or is of other work."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest

from edgewright.errors import DataError, UsageError
from edgewright.media import find_pictures
from edgewright.scale import Entry, Manifest, Work
from edgewright.scale import manifest as manifest_module
from edgewright.scale.listing import workplace
from edgewright.scale.listing.stored import Listing

from .conftest import MODEL


def entries(manifest: Manifest) -> list[str]:
    return [entry.name for piece in range(manifest.pieces) for entry in manifest.entries(piece)]


def of(out: Path, suffix: str) -> Path:
    """The listing of a folder, or its index."""
    (path,) = out.glob(f"inputs-*.{suffix}")
    return path


def kinds_in(out: Path) -> list[str]:
    return sorted(path.suffix or path.name for path in out.iterdir())


def test_a_folder_is_listed_once_in_the_order_of_a_single_machine(tmp_path: Path, pictures: Path, work: Work):
    made = Manifest.make(tmp_path / "out", [str(pictures)], work, piece=10)
    assert (made.count, made.pieces, [len(made.entries(piece)) for piece in range(3)]) == (25, 3, [10, 10, 5])
    assert entries(made) == list(map(str, find_pictures([str(pictures)])))
    (pictures / "later.png").write_bytes(b"")
    again = Manifest.make(tmp_path / "out", [str(pictures)], work)
    assert again == made == Manifest.open(tmp_path / "out")
    assert (again.first(2), again.length(2)) == (20, 5)


def test_every_share_of_few_inputs_has_some(tmp_path: Path, pictures: Path, work: Work):
    alone = Manifest.make(tmp_path / "alone", [str(pictures)], work)
    two = Manifest.make(tmp_path / "out", [str(pictures)], work, shares=2)
    assert (alone.piece, two.piece, two.pieces) == (1000, 10, 3)
    assert entries(two) == entries(alone)
    assert Manifest.make(tmp_path / "out", [str(pictures)], work, shares=1) == two, "what was cut stays"


def test_names_of_any_characters_come_back(tmp_path: Path, work: Work):
    folder = tmp_path / "in"
    folder.mkdir()
    strange = [b"new\nline.png", "\u2028.png".encode(), b"\xff\xfe.png", b'"quote\\.png', b"-.png"]
    for name in strange:
        Path(str(folder) + "/" + name.decode("utf-8", "surrogateescape")).write_bytes(b"")
    manifest = Manifest.make(tmp_path / "out", [str(folder)], work, piece=2)
    assert set(entries(manifest)) == {f"{folder}/{name.decode('utf-8', 'surrogateescape')}" for name in strange}


def test_a_long_text_is_an_input_as_any(tmp_path: Path):
    long = "so good " * 20_000
    written = Listing.write(tmp_path, [Entry("short"), Entry(long)], 10)
    assert [entry.name for entry in written.entries(0)] == ["short", long]
    with pytest.raises(DataError, match="an input has over 16 MiB as a line") as caught:
        Listing.write(tmp_path, [Entry("x" * (17 << 20))], 10)
    assert len(str(caught.value)) < 200


def test_who_comes_at_the_same_time_gets_the_same_listing(tmp_path: Path, pictures: Path, work: Work):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: Manifest.make(tmp_path / "out", [str(pictures)], work, piece=7), range(8)))
    assert all(one == made[0] for one in made)
    assert kinds_in(tmp_path / "out") == [".index", ".json", ".jsonl"]


OTHERS: dict[str, tuple[Callable[[Work], Work], dict[str, object], str]] = {
    "model": (lambda work: dataclasses.replace(work, sha256="0" * 64), {}, "the model"),
    "options": (lambda work: dataclasses.replace(work, options={"resize": "crop"}), {}, "options: {} there"),
    "top": (lambda work: dataclasses.replace(work, limit=3), {}, "how much of each result"),
    "form": (lambda work: work, {"form": "parquet"}, "the form of results"),
    "piece": (lambda work: work, {"piece": 9}, "piece"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_a_folder_of_other_work_is_refused(tmp_path: Path, pictures: Path, work: Work, what: str):
    Manifest.make(tmp_path / "out", [str(pictures)], work, piece=10)
    changed, options, said = OTHERS[what]
    with pytest.raises(UsageError, match=f"it was made for other work: .*{said}.*Give another folder"):
        Manifest.make(tmp_path / "out", [str(pictures)], changed(work), **options)
    with pytest.raises(UsageError, match="inputs"):
        Manifest.make(tmp_path / "out", [str(pictures / "b")], work)


def test_a_folder_without_inputs_is_an_error_and_leaves_nothing_that_counts(tmp_path: Path, work: Work):
    (tmp_path / "in").mkdir()
    with pytest.raises(DataError, match="no pictures in there"):
        Manifest.make(tmp_path / "out", [str(tmp_path / "in")], work)
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(DataError, match="it is no folder of a run"):
        Manifest.open(tmp_path / "out")


def test_what_was_passed_over_is_said_where_there_is_nothing(tmp_path: Path, work: Work):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.jxl").write_bytes(b"")
    with pytest.raises(DataError, match="no pictures in there; 1 file is left out"):
        Manifest.make(tmp_path / "out", [str(tmp_path / "in")], work)


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workplace, "alone", lambda *_: nullcontext(False))


@pytest.mark.usefixtures("no_locks")
def test_where_there_are_no_locks_the_first_listing_stays(
    tmp_path: Path, pictures: Path, work: Work, monkeypatch: pytest.MonkeyPatch
):
    name, others = manifest_module.give_name, []

    def slowly(*given: Path, **options: bool) -> None:
        """Between the moment when nobody has listed and the one when this one has, another one does."""
        if not others:
            others.append(None)
            (pictures / "later.png").write_bytes(b"")
            others.append(Manifest.make(tmp_path / "out", [str(pictures)], work))
        name(*given, **options)

    monkeypatch.setattr(manifest_module, "give_name", slowly)
    made = Manifest.make(tmp_path / "out", [str(pictures)], work)
    assert made == others[1] == Manifest.open(tmp_path / "out")
    assert len(entries(made)) == 26
    assert kinds_in(tmp_path / "out") == [".index", ".json", ".jsonl"]


@pytest.mark.parametrize("locked", [True, False])
def test_what_others_are_listing_into_is_left(
    tmp_path: Path, pictures: Path, work: Work, monkeypatch: pytest.MonkeyPatch, locked: bool
):
    monkeypatch.setattr(workplace, "alone", lambda *_: nullcontext(locked))
    for host, age_s in ((socket.gethostname(), 0), ("another", 0), ("another", 4000)):
        folder = tmp_path / "out" / f".listing-{host}-{age_s:08}"
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - age_s,) * 2)
    Manifest.make(tmp_path / "out", [str(pictures)], work)
    left = {path.name for path in (tmp_path / "out").glob(".listing-*")}
    ours = set() if locked else {f".listing-{socket.gethostname()}-00000000"}
    assert left == ours | {".listing-another-00000000"}


def test_a_folder_of_an_earlier_version_goes_on(tmp_path: Path, pictures: Path, work: Work):
    made = Manifest.make(tmp_path / "out", [str(pictures)], work)
    for suffix in ("jsonl", "index"):
        of(tmp_path / "out", suffix).rename(tmp_path / "out" / f"inputs.{suffix}")
    _edit(tmp_path / "out" / "manifest.json", lambda content: content.pop("relative_to"))
    assert entries(Manifest.make(tmp_path / "out", [str(pictures)], work)) == entries(made)


def test_names_that_are_too_many_are_refused_before_they_are_listed(tmp_path: Path, work: Work):
    for words in (["x.png"] * 1_000_000, ["x" * 4000] * 20_000):
        with pytest.raises(UsageError, match=r"names are too many to be given one by one.*@names\.txt"):
            Manifest.make(tmp_path / "out", words, work)
    assert not (tmp_path / "out").exists()


def test_keys_in_addresses_are_not_said(tmp_path: Path, pictures: Path, work: Work):
    Manifest.make(tmp_path / "out", [str(pictures)], work)
    for word in ("https://host/list.csv?sig=SECRET", "@https://host/names.txt?sig=SECRET", "az://c/x?sig=SECRET"):
        with pytest.raises(UsageError, match="made for other work: inputs") as caught:
            Manifest.make(tmp_path / "out", [word], work)
        assert "SECRET" not in str(caught.value)


LISTING = """
import sys
from pathlib import Path
from edgewright.model import ModelFile
from edgewright.scale import Entry, Manifest, Work
from edgewright.scale import manifest as manifest_module
from edgewright.scale.listing import workplace
from edgewright.scale.listing.stored import Listing
out, model, words = sys.argv[1:]
Manifest.make(Path(out), [words], Work.of(ModelFile.read(model), {}), piece=10)
"""


def test_a_listing_that_was_killed_is_made_again(
    tmp_path: Path, work: Work, shared_file: Callable[[str], Path], pictures: Path
):
    names = tmp_path / "names.txt"
    os.mkfifo(names)  # so that the listing is never done
    command = [sys.executable, "-c", LISTING, str(tmp_path / "out"), str(shared_file(MODEL)), f"@{names}"]
    child = subprocess.Popen(command)
    with names.open("w") as stream:
        stream.writelines(f"pictures/{number}.png\n" for number in range(5000))
        stream.flush()
        while not sum(path.stat().st_size for path in (tmp_path / "out").glob(".listing-*/*")):
            time.sleep(0.01)
        child.kill()
        assert child.wait() == -signal.SIGKILL
    assert not (tmp_path / "out" / "manifest.json").exists()
    names.unlink()
    names.write_text("pictures/001.png\n")
    assert Manifest.make(tmp_path / "out", [f"@{names}"], work).count == 1
    assert kinds_in(tmp_path / "out") == [".index", ".json", ".jsonl"]


def _edit(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def _flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "manifest cut": lambda out: (out / "manifest.json").write_bytes((out / "manifest.json").read_bytes()[:40]),
    "manifest empty": lambda out: (out / "manifest.json").write_bytes(b""),
    "manifest deep": lambda out: (out / "manifest.json").write_bytes(b"[" * 100_000),
    "manifest list": lambda out: (out / "manifest.json").write_bytes(b"[]"),
    "more inputs": lambda out: _edit(out / "manifest.json", lambda content: content.update(count=29)),
    "huge count": lambda out: _edit(out / "manifest.json", lambda content: content.update(count=10**18)),
    "no inputs": lambda out: _edit(out / "manifest.json", lambda content: content.update(count=0)),
    "other pieces": lambda out: _edit(out / "manifest.json", lambda content: content.update(piece=5)),
    "words of numbers": lambda out: _edit(out / "manifest.json", lambda content: content.update(inputs=[1])),
    "unknown form": lambda out: _edit(out / "manifest.json", lambda content: content.update(form="exe")),
    "digest of another folder": lambda out: _edit(
        out / "manifest.json", lambda content: content["listing"].update(sha256="/../../../x")
    ),
    "listing cut": lambda out: of(out, "jsonl").write_bytes(of(out, "jsonl").read_bytes()[:-1]),
    "listing changed": lambda out: _flip(of(out, "jsonl"), 30),
    "listing gone": lambda out: of(out, "jsonl").unlink(),
    "index cut": lambda out: of(out, "index").write_bytes(of(out, "index").read_bytes()[:24]),
    "index changed": lambda out: _flip(of(out, "index"), 25),
    "index gone": lambda out: of(out, "index").unlink(),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_folder_is_one_error_that_names_it(tmp_path: Path, pictures: Path, work: Work, damage: str):
    Manifest.make(tmp_path / "out", [str(pictures)], work, piece=10)
    DAMAGE[damage](tmp_path / "out")
    with pytest.raises(DataError, match=f"{tmp_path}/out: what says which inputs it has is damaged: .*Begin anew"):
        entries(Manifest.open(tmp_path / "out"))


def test_a_count_that_the_index_has_not_is_found_before_anything_is_done(tmp_path: Path, pictures: Path, work: Work):
    Manifest.make(tmp_path / "out", [str(pictures)], work, piece=10)
    DAMAGE["huge count"](tmp_path / "out")
    with pytest.raises(DataError, match="damaged"):
        Manifest.open(tmp_path / "out")


def test_a_manifest_of_a_later_version_says_so(tmp_path: Path, pictures: Path, work: Work):
    Manifest.make(tmp_path / "out", [str(pictures)], work)
    _edit(tmp_path / "out" / "manifest.json", lambda content: content.update(version=2))
    with pytest.raises(DataError, match="a newer Edgewright made it"):
        Manifest.open(tmp_path / "out")
