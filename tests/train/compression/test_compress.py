"""`compress`: a network and its data in, a file that describes itself out; what cannot be trained is one line."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import edgewright as ew
from edgewright.errors import ChildCrashError, EdgewrightError, UntrustedSourceError
from edgewright.machine import Progress, silent
from edgewright.train.compression.compress import applied_in_turn
from edgewright.train.compression.method import Applied, Settings
from edgewright.train.compression.samples import Samples

from .qat_networks import data

LABELS = ["north", "east", "south", "west"]


@pytest.fixture(scope="module")
def networks(built_by: Callable[[str], Path]) -> Path:
    return built_by("train/compression/qat_networks.py")


@pytest.fixture(scope="module")
def compressed(networks: Path, tmp_path_factory: pytest.TempPathFactory) -> ew.Compressed:
    work = tmp_path_factory.mktemp("work")
    options: dict[str, Any] = {"labels": LABELS, "normalization": (127.5, 127.5), "epochs": 1, "work": work}
    return ew.compress(networks / "dense.keras", data("dense"), bits=4, **options)


def test_the_file_describes_itself(compressed: ew.Compressed) -> None:
    metadata = compressed.model.metadata
    assert metadata.outputs[0].labels == tuple(LABELS)
    assert metadata.inputs[0].mean == (127.5,)
    assert metadata.provenance is not None
    assert [step["step"] for step in metadata.provenance.steps] == ["convert", "compress"]
    assert metadata.provenance.steps[1]["qat"]["bits"] == 4
    figure = metadata.provenance.measured["compress"]
    assert (figure["samples"], figure["part"]) == (48, "validation, which said when to stop")


def test_it_is_smaller_and_as_good_as_the_network_that_was_trained(compressed: ew.Compressed) -> None:
    assert compressed.size.file < compressed.source_size.file / 2
    assert compressed.size.gzip < compressed.size.file
    assert compressed.facts["qat"]["same_class"] == 1
    assert compressed.trained == pytest.approx(compressed.evaluation.value)
    assert compressed.evaluation.total == 48


def test_it_loads_and_answers(compressed: ew.Compressed) -> None:
    pictures, _ = data("dense")
    with ew.load(compressed.model) as task:
        assert task(pictures[0]).observations()[0].label in LABELS


def test_it_is_told_in_a_line_and_as_json(compressed: ew.Compressed) -> None:
    assert repr(compressed).startswith("Compressed(qat, Top-1 accuracy ")
    told = json.loads(json.dumps(compressed.to_dict()))
    assert told["methods"] == ["qat"]
    assert len(told["epochs"]["qat"]) == 1


def kernels_in(network: Path) -> list[Any]:
    """All weights of a `.keras` file that have several dimensions."""
    found: list[Any] = []
    with zipfile.ZipFile(network) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as weights:
        weights.visititems(lambda _, one: found.append(one[()]) if getattr(one, "ndim", 0) > 1 else None)
    return found


@pytest.fixture(scope="module")
def kept(built_by: Callable[[str], Path]) -> Path:
    return built_by("train/compression/kept_networks.py")


def test_a_frozen_base_is_compressed_too_and_leaked_test_data_are_told(kept: Path, tmp_path: Path) -> None:
    pictures, kinds = data("dense")
    small = ew.compress(
        kept / "frozen.keras", (pictures[:160], kinds[:160]), test=(pictures[120:], kinds[120:]), labels=LABELS,
        normalization=(127.5, 127.5), methods=["prune"], sparsity=0.5, epochs=1, work=tmp_path,
    )  # fmt: skip
    kernels = kernels_in(small.network)
    assert len(kernels) == 3
    assert all(np.mean(kernel == 0) == pytest.approx(0.5, abs=0.05) for kernel in kernels)
    assert small.tested
    assert small.model.metadata.provenance.measured["compress"]["part"] == "test"
    assert any("40 of the 120 test samples are among what was trained on" in notice for notice in small.notices)


def test_a_network_that_is_trusted_is_compressed(kept: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"labels": LABELS, "normalization": (127.5, 127.5), "methods": ["cluster"], "epochs": 1}
    with pytest.raises(UntrustedSourceError):
        ew.compress(kept / "own_code.keras", data("dense"), work=tmp_path, **options)
    small = ew.compress(kept / "own_code.keras", data("dense"), trust=True, work=tmp_path, **options)
    assert small.facts["cluster"]["values"] == 16


@pytest.mark.parametrize("name", ["own_layer", "subclassed", "no_size"])
def test_what_cannot_be_trained_is_one_line(name: str, built_by: Callable[[str], Path], tmp_path: Path) -> None:
    network = built_by("train/compression/refused_networks.py") / f"{name}.keras"
    with pytest.raises(EdgewrightError) as caught:
        ew.compress(network, data("dense"), normalization=(127.5, 127.5), work=tmp_path)
    assert not isinstance(caught.value, ChildCrashError)
    assert "\n" not in str(caught.value)


def test_without_labels_it_is_measured_by_how_often_it_answers_as_before(networks: Path, tmp_path: Path) -> None:
    pictures, _ = data("dense")
    small = ew.compress(
        networks / "dense.keras", pictures, methods=["prune"], epochs=1, normalization=(127.5, 127.5), work=tmp_path
    )
    assert (small.float_evaluation.metric.name, small.float_evaluation.value) == ("agreement", 1)
    assert (small.evaluation.metric.name, small.evaluation.total) == ("agreement", 48)
    assert small.trained is None
    assert repr(small).startswith("Compressed(prune, Agreement of the best answer 100.0% -> ")


class Marking:
    """A method that writes its name behind the network, once."""

    def __init__(self, name: str, place: int) -> None:
        self.name, self.place, self.worked = name, place, 0

    def apply(self, network: Path, samples: Samples, settings: Settings, folder: Path, progress: Progress) -> Applied:
        made = folder / "network.keras"
        if not made.exists():
            made.write_bytes(network.read_bytes() + self.name.encode())
            self.worked += 1
        return Applied(network=made)


def test_each_method_goes_on_from_the_network_of_the_one_before_and_repeats_nothing(tmp_path: Path) -> None:
    samples = Samples(tmp_path / "none.npy", None, *[np.empty(0, np.int64)] * 3, "digest")
    methods = [Marking("-first", 1), Marking("-second", 2)]
    for name in ("one", "other", "one"):
        network = tmp_path / f"{name}.keras"
        network.write_text(name)
        applied = applied_in_turn(methods, network, samples, Settings(), tmp_path / "work", silent)
        assert applied[-1].network.read_text() == f"{name}-first-second"
    assert [method.worked for method in methods] == [2, 2]
