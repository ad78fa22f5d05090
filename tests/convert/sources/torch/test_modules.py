"""Modules of PyTorch and exported programs become model files: names, layouts, sizes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.torch.module import TorchModule
from edgewright.errors import UsageError
from edgewright.model import ModelFile

from .workbench import converted


class TwoHeads(nn.Module):
    """Takes a picture; returns a map as high and wide, and scores."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.head = nn.Linear(8, 4)

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        found = self.stem(image)
        return {"scores": self.head(found.mean((2, 3))), "map": found}


def ports(data: bytes) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    model = ModelFile.read(data)
    return {port.name: port.shape for port in model.inputs}, {port.name: port.shape for port in model.outputs}


def test_a_module_is_named_as_its_forward_and_pictures_are_turned_to_channels_last():
    module = TwoHeads()
    product = converted(module, example_inputs=torch.randn(1, 3, 16, 24))
    assert ports(product.data) == ({"image": (1, 16, 24, 3)}, {"scores": (1, 4), "map": (1, 16, 24, 8)})
    assert min(output.snr_db for output in product.agreement.outputs) > 100
    assert module.training
    assert module.stem[1].training


def test_keep_nchw_keeps_pictures_as_they_are():
    product = converted(TwoHeads(), input_shape=(1, 3, 16, 24), keep_nchw=True)
    assert ports(product.data) == ({"image": (1, 3, 16, 24)}, {"scores": (1, 4), "map": (1, 8, 16, 24)})


def test_a_module_that_nobody_says_the_inputs_of_is_refused():
    with pytest.raises(UsageError, match=r"it does not say what it takes\. Give example_inputs"):
        converted(TwoHeads())


def test_an_exported_program_is_converted_and_its_free_sizes_are_fixed(tmp_path: Path):
    dynamic = ({0: torch.export.Dim("batch"), 2: torch.export.Dim("height")},)
    program = torch.export.export(TwoHeads().eval(), (torch.randn(2, 3, 16, 24),), dynamic_shapes=dynamic)
    torch.export.save(program, tmp_path / "net.pt2")
    product = converted(tmp_path / "net.pt2", input_shape=(20, 24, 3))
    assert ports(product.data) == ({"image": (1, 20, 24, 3)}, {"scores": (1, 4), "map": (1, 20, 24, 8)})


def test_a_free_batch_is_refused_in_one_line():
    with pytest.raises(UsageError, match=r"takes fixed sizes only, the batch too\. Leave dynamic_batch=True off"):
        converted(TwoHeads(), input_shape=(1, 3, 16, 24), dynamic_batch=True)


class Calls(nn.Module):
    """Takes tensors, numbers and nothing, in lists and dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x, scale=1, mask=None, more=None):
        with torch.no_grad():
            found = self.layer(x) * scale
        found = found if mask is None else found + mask
        return found if more is None else found + more[0] + more[1]["key"]


@pytest.mark.parametrize(
    ("inputs", "names"),
    [
        ((torch.randn(2, 4), 2, None), {"x"}),
        ({"x": torch.randn(2, 4), "mask": torch.randn(2, 4)}, {"x", "mask"}),
        (
            (torch.randn(2, 4), 1, torch.randn(4), [torch.randn(4), {"key": torch.randn(4)}]),
            {"x", "mask", "more_0", "more_1_key"},
        ),
    ],
)
def test_numbers_in_a_call_become_constants_and_tensors_inside_of_lists_inputs(inputs, names: set[str]):
    assert ports(converted(Calls(), example_inputs=inputs).data)[0].keys() == names


def test_a_saved_program_keeps_its_constants(tmp_path: Path):
    program = torch.export.export(Calls().eval(), (torch.randn(2, 4), 3))
    torch.export.save(program, tmp_path / "net.pt2")
    assert ports(converted(tmp_path / "net.pt2").data)[0] == {"x": (2, 4)}


class NamesAlike(nn.Module):
    def forward(self, x):
        return {"a.b": x + 1, "a_b": x * 2}


def test_outputs_whose_names_are_alike_are_two():
    opened = TorchModule().open(NamesAlike(), ConversionOptions.of(example_inputs=torch.ones(1, 4)))
    assert [port.name for port in opened.outputs] == ["a_b", "a_b_1"]


def test_examples_may_have_their_bytes_in_any_order_and_have_to_be_numbers():
    opened = TorchModule().open(nn.Linear(4, 2), ConversionOptions.of(example_inputs=np.ones((1, 4), ">f4")))
    assert opened.inputs[0].dtype == "float32"
    with pytest.raises(UsageError, match=r"example_inputs has an array of type <U1\. Expected numbers"):
        TorchModule().open(nn.Linear(4, 2), ConversionOptions.of(example_inputs=np.array(["a"])))
