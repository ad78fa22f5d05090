"""`ModelFile`: reading what is and what is not a model, building, editing, saving."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from edgewright.errors import FormatError, ModelError, OutputError
from edgewright.model import InputMetadata, Metadata, ModelFile, OutputMetadata
from edgewright.model.storage.schema import FILE_IDENTIFIER

from .builders import add_model, one_operator, raw, tensor

SharedFile = Callable[[str], Path]

REAL = [
    "models/deeplabv3_mnv2_pascal_quant.tflite",
    "models/deeplabv3_mnv2_pascal_quant_edgetpu.tflite",
    "models/mobilenet_v1_0.25_128_quant.tflite",
    "models/mobilenet_v1_0.25_128_quant_edgetpu.tflite",
    "models/mobilenet_v1_0.25_224_float.tflite",
    "models/mobilenet_v1_0.25_224_float_metadata.tflite",
    "models/mobilenet_v1_0.75_192_quant.tflite",
    "models/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite",
    "models/mobilenet_v1_1.0_224_quant_embedding_extractor_edgetpu.tflite",
    "models/mobilenet_v2_1.0_224_quant.tflite",
    "models/movenet_single_pose_lightning_ptq.tflite",
    "models/movenet_single_pose_lightning_ptq_edgetpu.tflite",
    "models/movie_review.tflite",
    "models/ssd_mobilenet_v1_coco_quant_metadata.tflite",
    "models/yamnet.tflite",
    "sources/kws_ref_model.published.tflite",
    "sources/pretrainedResnet.published.tflite",
    "sources/vww_96.published.tflite",
]


@pytest.mark.parametrize("name", REAL)
def test_every_published_file_is_read(name: str, shared_file: SharedFile) -> None:
    path = shared_file(name)
    model = ModelFile.read(path)
    assert model.ops
    assert model.data == path.read_bytes()
    assert (model.size, model.name) == (path.stat().st_size, str(path))


@pytest.mark.parametrize("name", REAL)
def test_building_from_the_tables_of_a_real_file_changes_nothing_but_adds_the_seal(
    name: str, shared_file: SharedFile
) -> None:
    model = ModelFile.read(shared_file(name))
    built = ModelFile.build(model.edit(), model.files)
    assert built.graph == model.graph
    assert built.metadata == model.metadata
    assert built.sealed
    for mine, original in zip(built.main.tensors, model.main.tensors, strict=True):
        assert built.constant(mine) == model.constant(original)


def one_line(source: str | os.PathLike[str] | bytes) -> str:
    """The message for a source that is no model."""
    with pytest.raises(ModelError) as caught:
        ModelFile.read(source)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 300
    return message


def test_a_missing_file(tmp_path: Path) -> None:
    assert one_line(tmp_path / "no.tflite") == f"{tmp_path}/no.tflite: there is no such file"


def test_a_folder(tmp_path: Path) -> None:
    assert one_line(tmp_path) == f"{tmp_path}: this is a folder; a .tflite file is expected"


def test_a_path_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert "cannot be read" in one_line(tmp_path / "file" / "no.tflite")


def test_a_device() -> None:
    assert one_line("/dev/null") == "/dev/null: this is a device or a pipe; a .tflite file is expected"


def test_a_name_with_a_null_character() -> None:
    assert "null" in one_line("a\0b.tflite")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "secret.tflite"
    path.write_bytes(b"")
    path.chmod(0)
    assert "cannot be read" in one_line(path)


def zip_file() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("model.tflite", raw(add_model()))
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"<!DOCTYPE html>\n<html><body>404 Not Found</body></html>\n" * 20,
        b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(500),
        b"\x89PNG\r\n\x1a\n" + bytes(500),
        zip_file(),
        b"\x08\x01\x12\x9a\x01" + b"saved_model" * 50,
        b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 525598\n",
        b"\x89HDF\r\n\x1a\n" + bytes(500),
        bytes(10_000),
        b"\xff" * 10_000,
    ],
    ids=["empty", "one", "html", "jpeg", "png", "zip", "pb", "lfs-pointer", "hdf5", "zeros", "ones"],
)
def test_what_is_no_model_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    message = one_line(path)
    what = (
        "this is a zip with model.tflite inside. Unpack it"
        if content.startswith(b"PK")
        else "damaged, or no .tflite file: "
    )
    assert message.startswith(f"{path}: {what}")


@pytest.mark.parametrize("name", ["images/cat_1080p.jpg", "sources/kws_ref_model/saved_model.pb", "images/cat.bmp"])
def test_real_files_of_other_kinds_are_refused_in_one_line(name: str, shared_file: SharedFile) -> None:
    assert "no .tflite file" in one_line(shared_file(name))


def test_bytes_are_called_bytes_in_messages() -> None:
    assert one_line(b"<html>").startswith("<bytes>: ")


def test_a_model_is_saved_whole_and_read_again(tmp_path: Path) -> None:
    model = ModelFile.build(add_model(), {"notes.txt": b"hello"})
    path = model.save(tmp_path / "adder.tflite")
    again = ModelFile.read(path)
    assert (again.data, again.sha256, again.files) == (model.data, model.sha256, {"notes.txt": b"hello"})
    assert [path.name for path in tmp_path.iterdir()] == ["adder.tflite"]


def test_saving_does_not_overwrite_unless_told_to(tmp_path: Path) -> None:
    path = tmp_path / "adder.tflite"
    path.write_bytes(b"precious")
    model = ModelFile.build(add_model(), {})
    with pytest.raises(OutputError, match="exists already"):
        model.save(path)
    assert path.read_bytes() == b"precious"
    model.save(path, overwrite=True)
    assert path.read_bytes() == model.data


def test_saving_into_a_missing_folder_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="does not exist"):
        ModelFile.build(add_model(), {}).save(tmp_path / "no" / "adder.tflite")
    assert [path.name for path in tmp_path.iterdir()] == []


def test_the_same_tables_give_the_same_bytes() -> None:
    assert ModelFile.build(add_model(), {}).data == ModelFile.build(add_model(), {}).data


def test_editing_leaves_the_model_as_it_is() -> None:
    model = ModelFile.build(add_model(), {})
    before = model.data
    tables = model.edit()
    tables["subgraphs"][0]["tensors"][0]["name"] = "changed"
    assert ModelFile.build(tables, {}).main.tensors[0].name == "changed"
    assert (model.main.tensors[0].name, model.data) == ("t", before)


def test_what_is_built_is_verified() -> None:
    tables = add_model()
    tables["subgraphs"][0]["operators"][0]["inputs"] = [0, 7]
    with pytest.raises(FormatError, match=r"^<built>: subgraph 0, operator 0 \(ADD\): input indices \[0, 7\]"):
        ModelFile.build(tables, {})


PLACE = 0x1122334455667788
NUMBERS = struct.pack("<4f", 1, 2, 3, 4)


def with_constant_behind() -> bytes:
    """A file whose one constant lies behind the flatbuffer, as in files above 2 GiB."""
    tables = one_operator("ADD", [tensor([4]), tensor([4], data=NUMBERS)], [tensor([4])], ("AddOptions", {}))
    tables["buffers"][1] = {"offset": PLACE, "size": len(NUMBERS)}
    data = raw(tables)
    data += bytes(-len(data) % 16)
    return data.replace(struct.pack("<Q", PLACE), struct.pack("<Q", len(data))) + NUMBERS


def test_a_constant_behind_the_flatbuffer_is_found() -> None:
    model = ModelFile.read(with_constant_behind())
    assert bytes(model.constant(model.main.tensors[1])) == NUMBERS


def test_a_constant_behind_the_flatbuffer_is_taken_into_it_when_the_file_is_written() -> None:
    written = ModelFile.read(with_constant_behind()).with_metadata(Metadata(name="adder"))
    assert bytes(written.constant(written.main.tensors[1])) == NUMBERS
    assert all(not buffer["offset"] for buffer in written.edit()["buffers"])


def test_a_file_with_a_constant_behind_the_flatbuffer_can_be_edited() -> None:
    model = ModelFile.read(with_constant_behind())
    built = ModelFile.build(model.edit(), model.files)
    assert bytes(built.constant(built.main.tensors[1])) == NUMBERS


def test_a_constant_that_is_said_to_lie_behind_the_end_is_refused() -> None:
    with pytest.raises(FormatError, match=r"buffer 1 lies at bytes \d+ to \d+, and the file has \d+"):
        ModelFile.read(with_constant_behind()[:-1])


def test_signatures_survive_metadata() -> None:
    signature = {"signature_key": "main", "inputs": [{"name": "a", "tensor_index": 0}], "outputs": []}
    model = ModelFile.read(raw({**add_model(), "signature_defs": [signature]}))
    metadata = Metadata(inputs=(InputMetadata(), InputMetadata()), outputs=(OutputMetadata(labels=tuple("abcd")),))
    assert model.with_metadata(metadata).signatures == model.signatures


def test_the_name_goes_with_the_model() -> None:
    assert ModelFile.build(add_model(), {}, "mine").with_metadata(Metadata()).name == "mine"
    assert "operators" in repr(ModelFile.build(add_model(), {}, "mine"))


def test_the_identifier_is_where_other_readers_look() -> None:
    assert ModelFile.build(add_model(), {}).data[4:8] == FILE_IDENTIFIER
