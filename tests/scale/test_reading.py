"""What a task takes for an entry: a path, or a file that is fetched when it is read, again where that may help."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewright.errors import DataError
from edgewright.media import Given
from edgewright.scale import Entry, Work, list_inputs, source_of
from edgewright.scale.remote import trying
from edgewright.task.inputs.picture import KIND
from edgewright.task.inputs.tensors import KIND as TENSORS
from hub.web_server import Web, cut_off, serve_web, status, whole_only

from .test_tars import tar_of


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setattr(trying, "_PAUSE_S", 0.01)
    server, web = serve_web()
    yield web
    server.shutdown()
    server.server_close()


def png() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), (255, 0, 0)).save(stream, "PNG")
    return stream.getvalue()


def test_a_local_file_stays_a_path_and_a_text_a_text():
    assert source_of(Entry("a.png"), KIND) == "a.png"


def test_an_answer_is_the_same_from_a_file_an_archive_and_the_web(web: Web, tmp_path: Path, work: Work):
    (tmp_path / "x.png").write_bytes(png())
    (tmp_path / "x.tar").write_bytes(tar_of({"x.png": png()}))
    web.files = {"/x.png": png(), "/x.tar": (tmp_path / "x.tar").read_bytes()}
    words = [f"{tmp_path}/x.png", f"{tmp_path}/x.tar", f"{web.url}/x.png", f"{web.url}/x.tar"]
    entries = list(list_inputs(words, KIND))
    assert [entry.name for entry in entries] == [words[0], f"{words[1]}/x.png", words[2], f"{words[3]}/x.png"]
    with work.open() as task:
        answers = [task(source_of(entry, work.takes())).to_dict(3) for entry in entries]
    assert all(answer == answers[0] for answer in answers)


def test_an_archive_on_a_server_that_gives_no_parts_is_refused(web: Web):
    web.files["/x.tar"] = tar_of({"x.png": png()})
    web.manners = [whole_only]
    with pytest.raises(DataError, match=r"its server does not give parts of a file. Download it"):
        list(list_inputs([f"{web.url}/x.tar"], KIND))


def test_what_may_pass_is_asked_for_again(web: Web):
    web.files["/x.png"] = b"content"
    web.manners = [status(503), cut_off(0.5), status(500)]
    assert source_of(Entry(f"{web.url}/x.png"), KIND).read() == b"content"
    assert len(web.asked) == 4


def test_what_does_not_pass_is_one_error_that_names_the_input(web: Web):
    web.files["/x.png?key=secret"] = b"content"
    web.manners = [status(503)] * 4
    said = rf"{web.url}/x.png\?…: it cannot be fetched \(the server says 503 .*tried 4 times"
    with pytest.raises(DataError, match=said):
        source_of(Entry(f"{web.url}/x.png?key=secret"), KIND).read()
    web.asked.clear()
    with pytest.raises(DataError, match=f"{web.url}/y.png: the server says 404"):
        source_of(Entry(f"{web.url}/y.png"), KIND).read()
    assert len(web.asked) == 1


def test_a_call_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch):
    import threading

    monkeypatch.setattr(trying, "MOST_S", 0.05)
    hangs = threading.Event()
    with pytest.raises(DataError, match=r"s3://photos/x.png: it cannot be fetched \(nothing came within 0.05 seconds"):
        trying.tried("s3://photos/x.png", lambda: hangs.wait(20))
    hangs.set()


def test_what_others_say_of_addresses_is_said_without_their_secrets():
    def fail() -> None:
        raise ValueError("400 for https://me:secret@host/x?signature=secret in 'az://y?sig=secret'")

    with pytest.raises(DataError, match=r"400 for https://host/x\?… in 'az://y\?…'"):
        trying.tried("az://y", fail)


def test_a_scheme_that_nobody_knows_is_an_error_of_its_input():
    pytest.importorskip("fsspec")
    with pytest.raises(DataError, match=r"nonsense://x/y.png: nothing here knows addresses of nonsense://"):
        source_of(Entry("nonsense://x/y.png"), KIND).read()


def test_a_file_with_two_colons_in_its_name_is_a_file(tmp_path: Path, work: Work, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("cam::front.png").write_bytes(png())
    Path("names.txt").write_text("cam::front.png\n")
    for word in ("*.png", "cam::front.png", "@names.txt"):
        (entry,) = list_inputs([word], KIND)
        assert source_of(entry, KIND) == "cam::front.png"


def test_arrays_in_a_store_are_read_as_from_a_file():
    files = pytest.importorskip("fsspec").filesystem("memory")
    stream = io.BytesIO()
    np.savez(stream, x=np.arange(3.0))
    files.pipe_file("/arrays/x.npz", stream.getvalue())
    (entry,) = list_inputs(["memory://arrays"], TENSORS)
    source = source_of(entry, TENSORS)
    assert isinstance(source, Given)
    assert TENSORS.is_one(source)
    from edgewright.media import read_arrays

    assert read_arrays(source)["x"].tolist() == [0, 1, 2]
    with pytest.raises(DataError, match=r"memory://arrays/none.npz: there is nothing at this address"):
        source_of(Entry("memory://arrays/none.npz"), TENSORS).read()


def test_the_name_of_an_object_says_nothing_of_what_is_wrong(monkeypatch: pytest.MonkeyPatch):
    """Stores say a name in their errors: orange.png is not the range that an empty object does not have."""
    files = pytest.importorskip("fsspec").filesystem("memory")
    monkeypatch.setattr(trying, "_PAUSE_S", 0.01)
    cat, failed = type(files).cat_file, []

    def failing(self: object, path: str, **options: object) -> object:
        if files.exists(path) and not failed:
            failed.append(path)
            raise OSError(5, "Input/output error", path)
        return cat(self, path, **options)

    monkeypatch.setattr(type(files), "cat_file", failing)
    for name in ("orange", "not satisfied"):
        failed.clear()
        files.pipe_file(f"/photos/{name}.png", b"content")
        assert source_of(Entry(f"memory://photos/{name}.png"), KIND).read() == b"content"
        assert failed
        with pytest.raises(DataError, match="there is nothing at this address"):
            source_of(Entry(f"memory://photos/{name}/9.png"), KIND).read()
