"""The whole way with PyTorch: command line and child process, `check`, `check --layers`, silence, memory."""

from __future__ import annotations

import gc
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from edgewright import convert
from edgewright.check import check_layers, check_source
from edgewright.convert.options import ConversionOptions
from edgewright.convert.proof.preparing import prepare
from edgewright.convert.proof.silence import silence
from edgewright.convert.sources.registry import find_source
from edgewright.convert.sources.torch.places import caller_of

from ....docs.blocks import DOCS, blocks


class Loud(nn.Module):
    """Prints, warns, and is made of two parts."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Linear(8, 4)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        print("hello")
        print("hello", file=sys.stderr)
        return self.head(self.stem(image).mean((2, 3)))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "loud.pt2"
    torch.export.save(torch.export.export(Loud().eval(), (torch.randn(1, 3, 16, 16),)), path)
    return path


def test_the_command_converts_and_prints_its_own_line_only(program: Path):
    done = subprocess.run(
        [sys.executable, "-m", "edgewright", "convert", program.name, "--mean", "0", "--std", "255"],
        cwd=program.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("loud.tflite: ")
    assert len(done.stdout.splitlines()) == 1


def test_check_layers_shows_modules_by_their_paths(program: Path):
    model = convert(program)
    report = check_layers(program, model)
    assert report.agrees
    assert [layer.layer for layer in report.layers if not layer.output] == ["stem.1", "stem.2"]


def test_check_names_operators_by_their_modules(tmp_path: Path):
    module = nn.Sequential(nn.Linear(4, 4), Strange())
    torch.export.save(torch.export.export(module, (torch.randn(1, 4),)), tmp_path / "net.pt2")
    report = check_source(tmp_path / "net.pt2")
    line = f"test_whole.py:{Strange.forward.__code__.co_firstlineno + 1}"
    assert [(one.operator, one.place) for one in report.problems] == [("aten.lgamma", f"layer 1, {line}")]


def test_check_names_operators_of_a_module_by_their_lines():
    report = check_source(nn.Sequential(nn.Linear(4, 4), Strange()), example_inputs=torch.randn(1, 4))
    line = f"test_whole.py:{Strange.forward.__code__.co_firstlineno + 1}"
    assert report.source == "Sequential"
    assert [(one.operator, one.place) for one in report.problems] == [("aten.lgamma", f"layer 1, {line}")]


def test_lines_of_a_program_are_of_what_called_pytorch_and_print_safely():
    frames = ('/home/me/net\x1b[31m.py", line 3', '/usr/lib/python3/site-packages/torch/nn/modules/rnn.py", line 9')
    node = SimpleNamespace(stack_trace="\n".join(f'  File "{frame}, in forward\n    x' for frame in frames))
    assert caller_of(node) == "net??31m.py:3"
    assert caller_of(SimpleNamespace(stack_trace=None)) == ""


class Strange(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.lgamma(x)


def test_the_page_shows_programs_that_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd):
    monkeypatch.chdir(tmp_path)
    whole, weights = [b.text for b in blocks(DOCS / "how-to" / "pytorch.md") if b.words[:1] == ("python",)]
    names = {"__name__": "page"}
    exec(whole, names)
    assert (tmp_path / "person.tflite").exists()
    save_file(names["module"].state_dict(), "person.safetensors")
    exec(weights, names)
    assert capfd.readouterr() == ("", "")


def resident() -> int:
    """Megabytes of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 >> 20


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="of Linux")
def test_the_memory_of_the_caller_does_not_grow():
    """The caller's part of a conversion: opening, running, writing the program for the child."""
    module = Loud()
    options = ConversionOptions.of(example_inputs=torch.randn(1, 3, 64, 64))
    sizes = []
    for _ in range(50):
        with tempfile.TemporaryDirectory() as folder, silence():
            prepare(find_source(module).open(module, options), options, Path(folder))
        gc.collect()  # as `convert` does
        sizes.append(resident())
    assert sizes[-1] - sizes[15] < 15
