"""Files of PyTorch where PyTorch is not installed: what they say needs none of it."""

from __future__ import annotations

import json
import pickle
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from edgewright.convert import convert
from edgewright.errors import ConversionError, MissingExtraError, UntrustedSourceError

pytestmark = pytest.mark.skipif(find_spec("torch") is not None, reason="PyTorch is installed")


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as target:
        for name, data in members.items():
            target.writestr(f"net/{name}", data)
    return path


def test_an_exported_program_says_what_to_install(tmp_path: Path):
    empty = json.dumps({"config": {}}).encode()
    members = {"archive_format": b"pt2", "models/model.json": b"{}"}
    members |= {f"data/{kind}/model_{kind}_config.json": empty for kind in ("weights", "constants")}
    with pytest.raises(MissingExtraError, match=r"pip install 'edgewright\[torch\]'"):
        convert(archive(tmp_path / "net.pt2", members))


def test_a_pickle_is_refused_by_what_it_makes(tmp_path: Path):
    with pytest.raises(UntrustedSourceError, match=r"makes a pathlib\.[\w.]*Path, by its code.*Nothing was loaded"):
        convert(archive(tmp_path / "net.pt", {"data.pkl": pickle.dumps(Path("x"))}))


def test_weights_say_that_their_module_is_missing(tmp_path: Path):
    with pytest.raises(ConversionError, match=r"holds weights only .* the module that computes with them is missing"):
        convert(archive(tmp_path / "net.pt", {"data.pkl": pickle.dumps({"layer.weight": 1})}))


def test_safetensors_too(tmp_path: Path):
    header = json.dumps({"layer.weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    (tmp_path / "net.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    with pytest.raises(ConversionError, match=r"holds weights only \(1 tensors, layer\.weight\)"):
        convert(tmp_path / "net.safetensors")


@pytest.mark.parametrize(
    ("local", "central", "value", "said"),
    [(6, 8, 1, "is encrypted"), (8, 10, 99, "method is not supported")],
)
def test_members_that_cannot_be_unpacked_are_one_line(tmp_path: Path, local: int, central: int, value: int, said: str):
    path = archive(tmp_path / "net.pt", {"data.pkl": pickle.dumps({})})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x03\x04") + local] = data[data.index(b"PK\x01\x02") + central] = value
    path.write_bytes(data)
    with pytest.raises(ConversionError, match=rf"^[^\n]*net\.pt: a damaged archive of PyTorch: [^\n]*{said}[^\n]*$"):
        convert(path)
