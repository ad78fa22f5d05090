"""Inputs in S3, from a real server (moto's): listed by pages, read with patience, every failure one error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("s3fs")
pytest.importorskip("moto")

from edgewright.errors import DataError
from edgewright.scale import Entry, Manifest, Work, list_inputs, source_of
from edgewright.scale.remote import trying
from edgewright.task.inputs.picture import KIND

from ..conftest import Run
from .conftest import MODEL
from .object_store import Fault, ObjectStore, object_store
from .test_reading import png
from .test_tars import tar_of

pytestmark = pytest.mark.xdist_group("s3")


@pytest.fixture(scope="module")
def running() -> Iterator[ObjectStore]:
    with object_store() as store:
        yield store


@pytest.fixture
def store(running: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """The server, by the settings that people make: the endpoint and the keys in the environment."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL": running.proxy.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(trying, "_PAUSE_S", 0.01)
    running.proxy.faults.clear()
    running.proxy.asked.clear()
    yield running
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()


def names(word: str) -> list[str]:
    return [entry.name for entry in list_inputs([word], KIND)]


def read(key: str) -> bytes:
    content: bytes = source_of(Entry(f"s3://photos/{key}"), KIND).read()
    return content


def test_a_bucket_is_listed_and_read_like_a_folder(store: ObjectStore):
    for key in ("in/1.png", "in/b/2.PNG", "in-b/3.png", "in/.h.png", "in/n.txt", "in/"):
        store.put(key, key.encode())
    root = "s3://photos"
    assert names(f"{root}/in") == [f"{root}/in/1.png", f"{root}/in/b/2.PNG"]
    assert names(f"{root}/in*/*.png") == [f"{root}/in/1.png", f"{root}/in-b/3.png"]
    assert names(f"{root}/in/1.png") == [f"{root}/in/1.png"]
    assert read("in/b/2.PNG") == b"in/b/2.PNG"
    with pytest.raises(DataError, match=r"s3://photos/in/9.png: there is nothing at this address"):
        read("in/9.png")


@pytest.mark.extras
def test_more_keys_than_a_page_has_are_listed_page_by_page(store: ObjectStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "100")  # of the server, which is in this process
    for number in range(203):
        store.put(f"pages/{number:05}.png", b"x")
    store.proxy.asked.clear()
    assert names("s3://photos/pages/") == [f"s3://photos/pages/{number:05}.png" for number in range(203)]
    assert sum("continuation-token" in path for path in store.proxy.asked) == 2
    assert len(names("s3://photos/pages/*1.png")) == 21


@pytest.mark.extras
def test_archives_and_tables_in_a_bucket_are_read_where_they_lie(store: ObjectStore, work: Work):
    members = {f"{number:03}.png": png() + bytes(number * 997) for number in range(60)}
    store.put("tars/0.tar", tar_of(members))
    store.put("tars/cut.tar", tar_of(members)[:-20000])
    store.put("tars/table.csv", b"image\n../in/1.png\ns3://other/x.png\n")
    entries = list(list_inputs(["s3://photos/tars/0.tar"], KIND))
    assert [entry.name for entry in entries] == [f"s3://photos/tars/0.tar/{name}" for name in members]
    store.proxy.asked.clear()
    assert [source_of(entry, KIND).read() for entry in entries[::20]] == list(members.values())[::20]
    assert sum(store.proxy.asked.values()) == 3  # one request each
    with work.open() as task:
        assert len(task(source_of(entries[7], KIND)).observations())
    assert names("s3://photos/tars/table.csv") == ["s3://photos/tars/../in/1.png", "s3://other/x.png"]
    with pytest.raises(DataError, match=r"s3://photos/tars/cut.tar: .*was cut"):
        names("s3://photos/tars/cut.tar")


PASSING = {
    "500": Fault(2, status=500),
    "503": Fault(3, status=503),
    "cut short": Fault(2, cut=True),
}


@pytest.mark.extras
@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_tried_again(store: ObjectStore, fault: str):
    store.put("faulty.png", b"content")
    store.proxy.faults["faulty.png"] = PASSING[fault]
    assert read("faulty.png") == b"content"


LASTING = {
    "500": (Fault(99, status=500), r"it cannot be fetched \(.*tried 4 times\)", 10),
    "503": (Fault(99, status=503), r"it cannot be fetched \(.*tried 4 times\)", 10),
    "403": (Fault(99, status=403), r"no permission to read it \(.*The settings of its store", 1),
    "cut short": (Fault(99, cut=True), r"it cannot be fetched \(.*tried 4 times\)", 10),
}


@pytest.mark.extras
@pytest.mark.parametrize("fault", LASTING)
def test_what_does_not_pass_is_one_error(store: ObjectStore, fault: str):
    store.put("faulty.png", b"content")
    store.proxy.faults["faulty.png"], said, most = LASTING[fault]
    with pytest.raises(DataError, match=f"s3://photos/faulty.png: {said}") as caught:
        read("faulty.png")
    assert sum(store.proxy.asked.values()) <= most
    assert "secret" not in str(caught.value)


@pytest.mark.extras
def test_silence_ends_in_time_as_an_error(store: ObjectStore, monkeypatch: pytest.MonkeyPatch):
    store.put("slow.png", b"content")
    assert read("slow.png") == b"content"  # connected before the clock runs
    monkeypatch.setattr(trying, "MOST_S", 0.5)
    store.proxy.faults["slow.png"] = Fault(99, silent_s=3.0)
    store.proxy.asked.clear()
    with pytest.raises(DataError, match=r"slow.png: it cannot be fetched \(nothing came within 0.5 seconds"):
        read("slow.png")


@pytest.mark.extras
def test_an_object_without_bytes_and_one_with_too_many_are_errors(store: ObjectStore, monkeypatch: pytest.MonkeyPatch):
    store.put("empty.png", b"")
    with pytest.raises(DataError, match="there is nothing in it"):
        read("empty.png")
    monkeypatch.setattr("edgewright.scale.remote.store.MOST_BYTES", 10)
    store.put("large.png", bytes(11))
    with pytest.raises(DataError, match="over 0 MiB are no single input"):
        read("large.png")


@pytest.mark.extras
def test_settings_of_fsspec_count_too(store: ObjectStore, monkeypatch: pytest.MonkeyPatch):
    from fsspec.config import conf, set_conf_env

    store.put("set/1.png", b"content")
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setitem(conf, "s3", {})
    set_conf_env(conf, {"FSSPEC_S3_ENDPOINT_URL": store.proxy.url})
    assert names("s3://photos/set/") == ["s3://photos/set/1.png"]
    assert sum(store.proxy.asked.values())


@pytest.mark.extras
def test_a_shard_of_a_bucket_has_a_row_for_each_object_with_what_is_wrong(
    store: ObjectStore, edgewright: Run, shared_file: Callable[[str], Path], tmp_path: Path
):
    for number in range(12):
        store.put(f"shard/{number:02}.png", png())
    store.put("shard/broken.png", png()[:40])
    faults = {"03": Fault(1, status=500), "04": Fault(99, status=403), "05": Fault(1, cut=True)}
    store.proxy.faults.update({f"shard/{name}.png": fault for name, fault in faults.items()})
    command = ["run", shared_file(MODEL), "s3://photos/shard", "--shard", "0/1", "--workers", "1", "-o"]
    done = edgewright(*command, tmp_path / "out")
    assert done.returncode == 1, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "out" / "part-00000000.jsonl").read_text().splitlines()]
    assert [row["input"] for row in rows] == [
        *(f"s3://photos/shard/{number:02}.png" for number in range(12)),
        "s3://photos/shard/broken.png",
    ]
    wrong = {row["index"]: row["error"] for row in rows if "error" in row}
    assert list(wrong) == [4, 12]
    assert "no permission to read it" in wrong[4]
    assert "damaged" in wrong[12]
    refused = edgewright("run", shared_file(MODEL), "s3://photos/none", "--shard", "0/1", "-o", tmp_path / "other")
    assert refused.returncode == 1
    assert "s3://photos/none: no such file, folder or pattern" in refused.stderr


@pytest.mark.extras
def test_a_folder_of_results_is_made_of_a_bucket(store: ObjectStore, tmp_path: Path, work: Work):
    for number in range(5):
        store.put(f"run/{number}.png", png())
    manifest = Manifest.make(tmp_path / "out", ["s3://photos/run"], work, piece=2)
    assert [entry.name for piece in range(3) for entry in manifest.entries(piece)] == [
        f"s3://photos/run/{number}.png" for number in range(5)
    ]
    everything = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    assert b"secret" not in everything
