"""Files in the cache that this installation did not make: refused at every look, whatever they say of themselves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edgewright import hub
from edgewright.errors import HubError
from edgewright.hub import cache, made
from edgewright.model import Metadata, ModelFile
from hub.package_index import Index

ANOTHER = "models/mobilenet_v1_0.25_224_float.tflite"
PUBLISHED = "mobilenet_v1_0_25_128_quant"


def refuses(name: str, reason: str) -> None:
    """No look at the cache gives the file out, and each says in one line what to do."""
    for look in (hub.find, hub.locate, hub.source, hub.read, hub.load):
        with pytest.raises(HubError, match=reason) as caught:
            look(name)
        assert str(caught.value).endswith(f"run: `edgewright models get {name}`")
        assert "\n" not in str(caught.value)


def said_again(model: ModelFile, another: ModelFile) -> ModelFile:
    return model.with_metadata(replace(model.metadata, description="better"))


def another_network(model: ModelFile, another: ModelFile) -> ModelFile:
    """It says word for word where the real one came from."""
    return another.with_metadata(Metadata(name="Tiny", provenance=model.metadata.provenance))


def constants_changed(model: ModelFile, another: ModelFile) -> ModelFile:
    """One weight is another, all else is as it was, and the seal fits."""
    tables = model.edit()
    largest = max(tables["buffers"], key=lambda buffer: len(buffer["data"] or b""))
    weights = bytearray(bytes(largest["data"]))
    weights[0] ^= 1
    largest["data"] = bytes(weights)
    return ModelFile.build(tables, model.files)


def without_seal(model: ModelFile, another: ModelFile) -> ModelFile:
    assert not another.sealed
    return another


@pytest.mark.parametrize("forge", [said_again, another_network, constants_changed, without_seal])
def test_a_sound_file_with_forged_provenance_is_refused_and_fetched_anew(
    index: Index, tiny, shared_file, forge: Callable[[ModelFile, ModelFile], ModelFile]
):
    tiny.offer(index)
    model = hub.get("tiny")
    forge(model, ModelFile.read(shared_file(ANOTHER))).save(cache.model_path("tiny"), overwrite=True)
    refuses("tiny", "this is not the file that was made here")
    assert hub.get("tiny").sha256 == model.sha256
    assert hub.read("tiny").sha256 == hub.load("tiny").model.sha256 == model.sha256


@pytest.mark.parametrize("data", [b"", b"no model", None])
def test_what_is_no_sound_file_is_refused_and_fetched_anew(index: Index, tiny, data: bytes | None):
    tiny.offer(index)
    model = hub.get("tiny")
    damaged = model.data[:1000] + bytes([model.data[1000] ^ 1]) + model.data[1001:]
    cache.model_path("tiny").write_bytes(damaged if data is None else data)
    refuses("tiny", "tiny.tflite: ")
    assert hub.get("tiny").sha256 == model.sha256


def test_a_file_that_was_put_there_where_nothing_was_fetched_is_refused(index: Index, tiny, tmp_path: Path):
    """The very file that would be made here, too: a file cannot say so itself."""
    tiny.offer(index)
    model = hub.get("tiny")
    shutil.copytree(cache.root() / "tiny", tmp_path / "tiny")
    hub.remove("tiny")
    assert not cache.made_path("tiny").exists(), "the record goes with the model"
    shutil.copytree(tmp_path / "tiny", cache.root() / "tiny")
    refuses("tiny", "nothing here says that it was fetched")
    assert hub.get("tiny").sha256 == model.sha256
    assert hub.read("tiny").sha256 == model.sha256


def test_a_cache_of_an_earlier_version_is_made_anew(index: Index, tiny):
    tiny.offer(index)
    model, asked = hub.get("tiny"), len(index.asked)
    cache.made_path("tiny").unlink()
    refuses("tiny", "or an earlier version fetched it")
    assert hub.get("tiny").sha256 == model.sha256
    assert len(index.asked) > asked
    assert hub.read("tiny").sha256 == model.sha256


@pytest.mark.parametrize("content", [b"", b"\xff", b"seal-0-00  tiny.tflite\n", b"x" * 100_000])
def test_a_record_that_says_nothing_is_no_record(index: Index, tiny, content: bytes):
    tiny.offer(index)
    hub.get("tiny")
    cache.made_path("tiny").write_bytes(content)
    refuses("tiny", "nothing here says that it was fetched")


def test_the_record_of_one_model_is_not_that_of_another(index: Index, tiny):
    tiny.offer(index)
    hub.get("tiny")
    record = cache.made_path("tiny")
    record.write_text(record.read_text().replace("tiny.tflite", "other.tflite"))
    refuses("tiny", "nothing here says that it was fetched")


def test_a_power_cut_between_the_record_and_the_file_loses_neither_model(index: Index, tiny):
    tiny.offer(index)
    model = hub.get("tiny")
    newer = said_again(model, model)
    made.record("tiny", newer)
    assert hub.read("tiny").sha256 == model.sha256
    newer.save(cache.model_path("tiny"), overwrite=True)
    assert hub.read("tiny").sha256 == newer.sha256


def test_the_commands_refuse_a_file_that_was_put_there_and_the_list_says_so(edgewright, tmp_path: Path, shared_file):
    folder = tmp_path / "models" / PUBLISHED
    folder.mkdir(parents=True)
    file = shared_file("models/mobilenet_v1_0.25_128_quant.tflite")
    ModelFile.read(file).resealed().save(folder / f"{PUBLISHED}.tflite")
    photo = shared_file("images/parrot.jpg")
    for verb in (("run", PUBLISHED, photo), ("inspect", PUBLISHED), ("bench", PUBLISHED)):
        done = edgewright(*verb, EDGEWRIGHT_CACHE=tmp_path)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("edgewright: ")
        assert done.stderr.endswith(f"To replace it, run: `edgewright models get {PUBLISHED}`\n")
        assert done.stderr.count("\n") == 1
    listed = edgewright("models", "list", "--cached", EDGEWRIGHT_CACHE=tmp_path)
    assert f"{PUBLISHED} " in listed.stdout
    assert "changed" in listed.stdout
    (entry,) = json.loads(edgewright("models", "list", "--cached", "--json", EDGEWRIGHT_CACHE=tmp_path).stdout)
    assert (entry["cached"], entry["path"]) == (False, None)
    assert "nothing here says that it was fetched" in entry["problem"]
