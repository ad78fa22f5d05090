"""Quantization-aware training: the file answers as the network that was trained with rounded numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgewright.machine import silent
from edgewright.train import Samples, Settings
from edgewright.train.compression.method import Applied
from edgewright.train.compression.qat import QuantizationAware

from .qat_networks import NETWORKS, data, normalized


def samples_of(name: str, folder: Path, *, labeled: bool = True) -> Samples:
    pictures, classes = data(name)
    np.save(folder / "samples.npy", normalized(pictures))
    places = np.arange(len(pictures))
    parts = {"train": places[:160], "validation": places[160:], "test": places[:0]}
    targets = classes.astype(np.int64) if labeled else None
    return Samples(inputs=folder / "samples.npy", targets=targets, digest="0", **parts)


def trained(network: Path, folder: Path, bits: int, *, labeled: bool = True, epochs: int = 1) -> Applied:
    settings = Settings(bits=bits, epochs=epochs, conversion={"task": "tensors"})
    samples = samples_of(network.stem, folder, labeled=labeled)
    return QuantizationAware().apply(network, samples, settings, folder / "work", silent)


@pytest.fixture(scope="module")
def networks(built_by: Callable[[str], Path]) -> Path:
    return built_by("train/compression/qat_networks.py")


@pytest.fixture(scope="module")
def four_bits(networks: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Applied, Path]:
    folder = tmp_path_factory.mktemp("four")
    return trained(networks / "residual.keras", folder, 4), folder


def require_likeness(applied: Applied) -> None:
    assert applied.model is not None
    assert applied.facts["same_class"] >= 0.95  # of 80; trained for one epoch, it leaves some between two classes
    assert applied.facts["snr_db"] > 20


def dtypes(applied: Applied) -> dict[str, list[str]]:
    """Types of what each operator takes, by its name, weights among it."""
    model = applied.model
    assert model is not None
    return {op.name: [model.main.tensors[index].dtype for index in op.inputs if index >= 0] for op in model.ops}


def test_the_file_of_4_bits_answers_as_the_network(four_bits: tuple[Applied, Path]) -> None:
    applied, _ = four_bits
    require_likeness(applied)
    taken = dtypes(applied)
    assert taken["CONV_2D"][1] == taken["FULLY_CONNECTED"][1] == "int4"
    assert not {"BATCH_NORM", "MUL"} & set(taken)
    assert applied.notices == ()


def test_the_proof_is_against_the_rounded_network(four_bits: tuple[Applied, Path]) -> None:
    applied, _ = four_bits
    assert applied.model is not None
    assert applied.model.metadata.provenance is not None
    (step,) = applied.model.metadata.provenance.steps
    assert step["quantize"] == "trained"


def test_what_is_finished_is_not_done_again(four_bits: tuple[Applied, Path], networks: Path) -> None:
    applied, folder = four_bits
    state = folder / "work" / "epoch.npz"
    before = state.stat().st_mtime_ns
    again = trained(networks / "residual.keras", folder, 4)
    assert again.model is not None
    assert applied.model is not None
    assert again.model.sha256 == applied.model.sha256
    assert again.epochs == applied.epochs
    assert state.stat().st_mtime_ns == before


@pytest.mark.extras
@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("name", NETWORKS)
def test_each_architecture_answers_as_its_network(name: str, bits: int, networks: Path, tmp_path: Path) -> None:
    applied = trained(networks / f"{name}.keras", tmp_path, bits, epochs=10)
    require_likeness(applied)
    said = " ".join(applied.notices)
    assert ("Stays in float" in said) == (name in ("conv1d", "mixed"))


@pytest.mark.extras
def test_one_weight_may_lie_in_a_byte(networks: Path, tmp_path: Path) -> None:
    settings = Settings(bits=4, epochs=1, packed=False, conversion={"task": "tensors"})
    samples = samples_of("residual", tmp_path)
    applied = QuantizationAware().apply(networks / "residual.keras", samples, settings, tmp_path / "work", silent)
    require_likeness(applied)
    assert dtypes(applied)["CONV_2D"][1] == "int8"


@pytest.mark.extras
def test_without_labels_it_goes_on_answering_as_it_does(networks: Path, tmp_path: Path) -> None:
    applied = trained(networks / "joined.keras", tmp_path, 4, labeled=False)
    require_likeness(applied)
    assert applied.score is None
