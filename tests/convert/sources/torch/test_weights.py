"""A module with a file of weights: a copy is converted with them, strictly, and nothing of the file runs."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file, save_model
from torch import nn

from edgewright.convert import convert
from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.torch.weights import with_weights
from edgewright.engine import open_engine
from edgewright.errors import ConversionError

INPUT = torch.linspace(-1, 1, 6).reshape(1, 6)


class Tied(nn.Module):
    """Two layers with one weight; a normalization counts its batches."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(6, 6)
        self.norm = nn.BatchNorm1d(6)
        self.last = nn.Linear(6, 6)
        self.last.weight = self.first.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(torch.relu(self.norm(self.first(x))))


class Trap:
    """Writes a file when it is loaded from a pickle."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.write_text, (self.path, "sprung")


@pytest.fixture
def trained() -> nn.Module:
    return Tied().eval()


def saved_as(kind: str, module: nn.Module, folder: Path) -> Path:
    """The module's weights in one of the ways that people write them."""
    state, path = module.state_dict(), folder / f"net.{kind.partition(' ')[0]}"
    if kind == "safetensors":
        save_model(module, str(path))
    elif kind == "pth in the old format":
        torch.save(state, path, _use_new_zipfile_serialization=False)
    elif kind == "pt among other things":
        torch.save({"epoch": 3, "model_state_dict": state, "optimizer": {"lr": 0.1}}, path)
    else:
        torch.save(state, path)
    return path


@pytest.mark.parametrize("kind", ["safetensors", "pt", "pth in the old format", "pt among other things"])
def test_a_copy_has_the_weights_of_the_file(trained: nn.Module, tmp_path: Path, kind: str):
    own = Tied()
    before = {key: value.clone() for key, value in own.state_dict().items()}
    copy = with_weights(own, saved_as(kind, trained, tmp_path), "module")
    assert torch.equal(copy.eval()(INPUT), trained(INPUT))
    assert copy.last.weight is copy.first.weight
    assert own.training
    assert all(torch.equal(value, before[key]) for key, value in own.state_dict().items())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_script_takes_them_too(trained: nn.Module, tmp_path: Path):
    own = torch.jit.script(Tied())
    copy = with_weights(own, saved_as("pt", trained, tmp_path), "module")
    assert torch.equal(copy.eval()(INPUT), trained(INPUT))
    assert not torch.equal(own.eval()(INPUT), trained(INPUT))


def test_the_file_computes_with_them_and_says_where_they_are_from(trained: nn.Module, tmp_path: Path):
    path = saved_as("safetensors", trained, tmp_path)
    model = convert(Tied(), example_inputs=INPUT, weights=path)
    with open_engine(model) as engine:
        output = engine.run(INPUT.numpy())
    assert abs(output - trained(INPUT).detach().numpy()).max() < 1e-5
    provenance = model.metadata.provenance
    assert provenance is not None
    assert provenance.source_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert provenance.steps[0]["weights"] == "net.safetensors"


def without(state: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value.clone() for key, value in state.items() if key not in keys}


@pytest.mark.parametrize("kind", ["safetensors", "pt"])
def test_what_does_not_fit_is_named_in_one_line(trained: nn.Module, tmp_path: Path, kind: str):
    state = without(trained.state_dict(), "last.bias", "norm.weight")
    state |= {"first.bias": torch.ones(7)} | {f"head.{index}": torch.ones(1) for index in range(5)}
    path = tmp_path / "net.weights"
    save_file(state, path) if kind == "safetensors" else torch.save(state, path)
    with pytest.raises(ConversionError) as caught:
        with_weights(Tied(), path, "PyTorch module Tied")
    assert str(caught.value) == (
        f"{path}: does not fit PyTorch module Tied: 2 missing (norm.weight, last.bias); 5 unexpected (head.0, head.1, "
        "head.2 …); 1 of other shapes (first.bias is (7,) in place of (6,)). Build the module as it was when the "
        "weights were saved"
    )


def test_a_weight_that_two_layers_share_may_not_be_missing_under_both_names(trained: nn.Module, tmp_path: Path):
    save_file(without(trained.state_dict(), "first.weight", "last.weight"), tmp_path / "net.safetensors")
    with pytest.raises(ConversionError, match=r"2 missing \(first\.weight, last\.weight\)\. "):
        with_weights(Tied(), tmp_path / "net.safetensors", "module")


def test_a_pickle_that_is_more_than_weights_is_not_loaded(trained: nn.Module, tmp_path: Path):
    torch.save({**trained.state_dict(), "more": Trap(tmp_path / "trap")}, tmp_path / "net.pt")
    with pytest.raises(ConversionError, match=r"its pickle makes a pathlib.*Nothing was loaded"):
        with_weights(Tied(), tmp_path / "net.pt", "module")
    assert not (tmp_path / "trap").exists()


def test_files_that_hold_no_weights_say_so(tmp_path: Path):
    path = tmp_path / "net.pt"
    header = b'{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,99]}}'
    for data, said in {
        b"hello": "no file of weights",
        pickle.dumps({"a": 1}): "no file of weights",
        len(header).to_bytes(8, "little") + header: "damaged, or no file of safetensors",
    }.items():
        path.write_bytes(data)
        with pytest.raises(ConversionError, match=said):
            with_weights(Tied(), path, "module")
    for value, said in {"a list": [torch.ones(1)], "numbers": {3: torch.ones(1)}}.items():
        torch.save(said, path)
        with pytest.raises(ConversionError, match="holds no weights by name"):
            with_weights(Tied(), path, value)
    torch.save({"first.weight": 3}, path)
    with pytest.raises(ConversionError, match=r"does not fit module: .*first\.weight"):
        with_weights(Tied(), path, "module")


def test_options_take_the_path_as_text(trained: nn.Module, tmp_path: Path):
    path = saved_as("pt", trained, tmp_path)
    assert ConversionOptions.of(weights=str(path)).weights == path
