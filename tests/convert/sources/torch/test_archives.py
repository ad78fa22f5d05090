"""Files of PyTorch: scripts and checkpoints are converted or say what is missing, and nothing in a file runs."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from edgewright.errors import ConversionError, UntrustedSourceError, UsageError
from edgewright.model import ModelFile

from .workbench import converted


class Classifier(nn.Module):
    """A small network with a convolution, a normalization and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(8, 3, 3, 3))
        self.norm = nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 4)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        found = torch.relu(self.norm(torch.conv2d(image, self.kernel, padding=[1, 1])))
        return self.head(found.mean((2, 3)))


class Words(nn.Module):
    """Takes whole numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(50, 8)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.table(tokens).mean(1)


SHAPE = (1, 3, 16, 24)


@pytest.fixture(scope="module")
def model() -> Classifier:
    torch.manual_seed(0)
    return Classifier().eval()


@pytest.fixture(scope="module")
def program(model: Classifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pt2") / "net.pt2"
    torch.export.save(torch.export.export(model, (torch.randn(SHAPE),)), path)
    return path


def changed(source: Path, target: Path, change: dict[str, Callable[[bytes], bytes] | bytes | None]) -> Path:
    """A copy of an archive with some members changed, added, or left out (None); names as in the archive."""
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as copy:
        for name in archive.namelist():
            new = change.pop(name.partition("/")[2], archive.read(name))
            if new is not None:
                copy.writestr(name, new(archive.read(name)) if callable(new) else new)
        for name, data in change.items():
            copy.writestr(name, data)
    return target


def in_json(edit: Callable[[Any], None]) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        parsed = json.loads(data)
        edit(parsed)
        return json.dumps(parsed).encode()

    return change


class Trap:
    """Writes a file when it is loaded from a pickle."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.write_text, (self.path, "sprung")


# ----- scripts


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("how", ["traced", "scripted", "frozen"])
def test_a_script_is_converted(model: Classifier, tmp_path: Path, how: str):
    traced = torch.jit.trace(model, torch.randn(SHAPE))
    script = {"traced": traced, "scripted": torch.jit.script(model), "frozen": torch.jit.freeze(traced)}[how]
    script.save(tmp_path / "net.pt")
    product = converted(tmp_path / "net.pt", input_shape=SHAPE)
    assert [(port.name, port.shape) for port in ModelFile.read(product.data).inputs] == [("image", (1, 16, 24, 3))]
    assert product.agreement.outputs[0].snr_db > 100


def test_a_script_in_memory_is_converted(model: Classifier):
    assert converted(torch.jit.script(model), input_shape=SHAPE).agreement.outputs[0].snr_db > 100


def test_a_traced_script_in_memory_knows_its_inputs(model: Classifier):
    traced = torch.jit.trace(model, torch.randn(SHAPE))
    assert ModelFile.read(converted(traced).data).inputs[0].shape == (1, 16, 24, 3)


def test_a_scripted_one_does_not(model: Classifier, tmp_path: Path):
    torch.jit.script(model).save(tmp_path / "net.pt")
    with pytest.raises(UsageError, match="it does not say what it takes"):
        converted(tmp_path / "net.pt")


def test_whole_numbers_are_tried_where_real_ones_do_not_go_in(tmp_path: Path):
    torch.jit.script(Words()).save(tmp_path / "words.pt")
    model = ModelFile.read(converted(tmp_path / "words.pt", input_shape=(1, 7)).data)
    assert (model.inputs[0].name, model.inputs[0].dtype) == ("tokens", "int32")


class Writing(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        torch.save(x, "/tmp/written-by-a-model")
        return x * 2


class Reading(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.from_file("/etc/hostname", False, 1)


@pytest.mark.parametrize("module", [Writing(), Reading()])
def test_a_script_that_touches_files_is_not_loaded(tmp_path: Path, module: nn.Module):
    torch.jit.script(module).save(tmp_path / "net.pt")
    with pytest.raises(UntrustedSourceError, match="reads or writes files"):
        converted(tmp_path / "net.pt", input_shape=(1, 4))


# ----- checkpoints


def test_a_pickled_module_is_not_loaded_without_trust(tmp_path: Path):
    torch.save({"model": nn.Linear(4, 2), "more": Trap(tmp_path / "trap")}, tmp_path / "net.pt")
    with pytest.raises(UntrustedSourceError, match=r"pathlib\.Path.*Nothing was loaded.*trust=True"):
        converted(tmp_path / "net.pt", input_shape=(1, 4))
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_trusted_one_is(tmp_path: Path, zipped: bool):
    saved = {"epoch": 3, "model": nn.Sequential(nn.Linear(4, 2), nn.ReLU()).half()}
    torch.save(saved, tmp_path / "net.pt", _use_new_zipfile_serialization=zipped)
    with pytest.raises(UntrustedSourceError, match=r"torch\.nn\.modules\.linear\.Linear"):
        converted(tmp_path / "net.pt", input_shape=(1, 4))
    assert converted(tmp_path / "net.pt", input_shape=(1, 4), trust=True).agreement.outputs[0].snr_db > 100


@pytest.mark.parametrize("zipped", [True, False])
def test_weights_alone_say_that_the_module_is_missing(model: Classifier, tmp_path: Path, zipped: bool):
    torch.save(model.state_dict(), tmp_path / "net.pth", _use_new_zipfile_serialization=zipped)
    with pytest.raises(ConversionError, match=r"only \(8 tensors, norm\.weight.*weights='net\.pth'\)"):
        converted(tmp_path / "net.pth", trust=True)


def test_safetensors_say_how_to_load_them(model: Classifier, tmp_path: Path):
    save_file(model.state_dict(), tmp_path / "net.safetensors")
    with pytest.raises(ConversionError, match=r"weights only \(8 tensors.*weights='net\.safetensors'\)"):
        converted(tmp_path / "net.safetensors")


def test_a_class_that_is_not_here_is_named(tmp_path: Path):
    data = pickle.dumps(nn.Linear(1, 1)).replace(b"torch.nn.modules.linear", b"their.own.modules.linea")
    with zipfile.ZipFile(tmp_path / "net.pt", "w") as archive:
        archive.writestr("net/data.pkl", data)
        archive.writestr("net/version", "3\n")
    with pytest.raises(ConversionError, match="a class that it is made of is not here: No module named 'their'"):
        converted(tmp_path / "net.pt", input_shape=(1, 4), trust=True)


# ----- exported programs


def first_operator(edit: Callable[[dict[str, Any]], None]) -> Callable[[bytes], bytes]:
    return in_json(lambda parsed: edit(parsed["graph_module"]["graph"]["nodes"][0]))


@pytest.mark.parametrize(
    "name",
    ["torch.hub.load", "torch.ops.aten.from_file.default", "torch.load", "_operator.attrgetter", "torch.os.system",
     "torch.ops.mine.run.default", "#mine:run", 5],
)  # fmt: skip
def test_an_operator_that_is_none_is_not_called(program: Path, tmp_path: Path, name: object):
    change = first_operator(lambda node: node.update(target=name))
    with pytest.raises(UntrustedSourceError, match="is none of PyTorch's, and would be called"):
        converted(changed(program, tmp_path / "net.pt2", {"models/model.json": change}))


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch /tmp/x')",
        "Symbol('s0').func",
        "9**9**9**9",
        "Pow(Integer(9), Integer(99999999))",
        "open('s1')",
        "s0 if s1 else s2",
    ],
)
def test_a_size_that_is_code_is_not_evaluated(program: Path, tmp_path: Path, text: str):
    def edit(parsed):
        size = {"as_expr": {"expr_str": text, "hint": {"as_int": 1}}}
        parsed["graph_module"]["graph"]["tensor_values"]["image"]["sizes"][0] = size

    with pytest.raises(UntrustedSourceError, match="is no size, and would be evaluated"):
        converted(changed(program, tmp_path / "net.pt2", {"models/model.json": in_json(edit)}))


@pytest.mark.parametrize("kind", ["weights", "constants"])
def test_pickles_among_the_weights_are_not_loaded(program: Path, tmp_path: Path, kind: str):
    buffer = io.BytesIO()
    torch.save(Trap(tmp_path / "trap"), buffer)
    entry = {"path_name": "opaque_obj_0", "is_param": False, "use_pickle": True, "tensor_meta": None}
    change = {
        f"data/{kind}/model_{kind}_config.json": in_json(lambda parsed: parsed["config"].update(more=entry)),
        f"net/data/{kind}/opaque_obj_0": buffer.getvalue(),
    }
    with pytest.raises(UntrustedSourceError, match="'more' is a pickle, which runs code"):
        converted(changed(program, tmp_path / "net.pt2", change))
    assert not (tmp_path / "trap").exists()


def test_a_pickle_in_place_of_the_example_inputs_is_not_loaded(program: Path, tmp_path: Path):
    buffer = io.BytesIO()
    torch.save(Trap(tmp_path / "trap"), buffer)
    trapped = changed(program, tmp_path / "net.pt2", {"data/sample_inputs/model.pt": buffer.getvalue()})
    assert converted(trapped).agreement.outputs[0].snr_db > 100
    assert not (tmp_path / "trap").exists()


def test_a_compiled_library_is_not_loaded(program: Path, tmp_path: Path):
    added = changed(program, tmp_path / "net.pt2", {"net/data/aotinductor/model/model.so": b"\x7fELF"})
    with pytest.raises(UntrustedSourceError, match="is a compiled library"):
        converted(added)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["net/../../escaped", "/net/escaped", "net/models/model.json", "net\\models\\x"])
def test_names_of_other_places_and_names_twice_are_refused(program: Path, tmp_path: Path, name: str):
    hostile = changed(program, tmp_path / "net.pt2", {name: b"{}"})
    with pytest.raises(ConversionError, match=r"as PyTorch calls none\. Nothing was loaded"):
        converted(hostile)


def test_a_bomb_is_not_unpacked(program: Path, tmp_path: Path):
    with zipfile.ZipFile(program) as archive, zipfile.ZipFile(tmp_path / "net.pt2", "w", zipfile.ZIP_DEFLATED) as copy:
        for name in archive.namelist():
            copy.writestr(name, archive.read(name))
        copy.writestr("net/data/weights/weight_99", bytes(64 << 20))
    with pytest.raises(ConversionError, match="a decompression bomb"):
        converted(tmp_path / "net.pt2")


@pytest.mark.parametrize(
    "change",
    [
        {"models/model.json": b"{"},
        {"models/model.json": b"[" * 100_000},
        {"models/model.json": b"[]"},
        {"models/model.json": None},
        {"data/weights/weight_0": b"\0" * 8},
        {"data/weights/weight_0": None},
        {"archive_version": b"77"},
        {"models/model.json": lambda data: data.replace(b'"image"', b'"nowhere"', 1)},
    ],
)
def test_a_damaged_archive_is_one_line(program: Path, tmp_path: Path, change):
    with pytest.raises(ConversionError, match="damaged") as caught:
        converted(changed(program, tmp_path / "net.pt2", dict(change)))
    assert len(str(caught.value).splitlines()) == 1


def test_a_program_of_another_device_is_converted(program: Path, tmp_path: Path):
    on_cuda = lambda data: data.replace(b'{"type": "cpu", "index": null}', b'{"type": "cuda", "index": 0}')  # noqa: E731
    moved = changed(program, tmp_path / "net.pt2", {"models/model.json": on_cuda})
    assert np.isfinite(converted(moved).agreement.outputs[0].snr_db)
