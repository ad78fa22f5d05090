"""Recipes that train are candidates like all others: measured on the same samples, and one that fails is a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.cache import Cache
from edgewright.data import Dataset, from_arrays
from edgewright.errors import ChildMemoryError, ChildTimeoutError, DataError, EngineError, UsageError
from edgewright.files import packed_size
from edgewright.machine import Progress, silent
from edgewright.model import ModelFile
from edgewright.optimize import CANDIDATES, Candidate, TrainedFile, optimize
from edgewright.optimize.decision import PairedDrop
from edgewright.optimize.inputs.prepared import PreparedData
from edgewright.optimize.methods import network_of, trained_candidates
from edgewright.optimize.results import NOT_CONFIRMED
from edgewright.optimize.search import _choice, _prove, _settled, _without_proof
from edgewright.optimize.workbench import Workbench

from .networks import Layer, dense, fitted


@dataclass
class Way:
    """A way to train that is done already, or that fails."""

    name: str
    gives: TrainedFile | DataError
    asked: list[str] = field(default_factory=list)

    def train(self, progress: Progress) -> TrainedFile:
        self.asked.append(self.name)
        if isinstance(self.gives, DataError):
            raise self.gives
        return self.gives


@dataclass
class Network:
    """What was opened for training."""

    model: ModelFile
    data: Dataset
    recipes: tuple[Way, ...]
    notices: tuple[str, ...] = ()


def sparse(layers: list[Layer]) -> ModelFile:
    """The same network without the smaller half of its first layer's weights."""
    (weights, bias), *others = layers
    return dense([(np.where(np.abs(weights) < np.median(np.abs(weights)), 0, weights), bias), *others])


@pytest.fixture
def bench(shallow: ModelFile, prepared: PreparedData, tmp_path: Path) -> Workbench:
    return Workbench(shallow, prepared, Cache(tmp_path / "work"), 0.3, True, silent)


@pytest.fixture
def network(shallow: ModelFile, fashion: tuple[np.ndarray, np.ndarray]) -> Network:
    layers = fitted(*fashion, depth=3)
    ways = (
        Way("halved", TrainedFile(sparse(layers), facts={"halve": {"zeros": 0.5}})),
        Way("as it is", TrainedFile(dense(layers), ready=True)),
        Way("lost", DataError("training diverged\nand more")),
    )
    return Network(shallow, from_arrays(*fashion, name="clothes"), ways)


def test_each_way_is_a_candidate_and_a_float_file_is_quantized(bench: Workbench, network: Network) -> None:
    found = trained_candidates(bench, network)
    halved, ready, lost = (candidate for _, candidate in found)
    assert [one.name for one in (halved, ready, lost)] == ["halved, int8", "as it is", "lost"]
    assert (lost.status, lost.reason) == ("failed", "training diverged")
    assert halved.drop is not None
    assert halved.drop.n == 400
    assert halved.timing is not None
    assert halved.size < ready.size / 3
    assert halved.trained == {"halve": {"zeros": 0.5}}
    assert ready.drop.drop == 0
    assert halved.gzip == packed_size(halved.model_path.read_bytes())


def test_zeros_count_where_the_packed_size_does_and_nowhere_else(bench: Workbench, network: Network) -> None:
    plain = next(recipe for recipe in CANDIDATES if recipe.name == "int8")
    found: Any = [(plain, bench.candidate(plain)), *trained_candidates(bench, network)]
    assert abs(found[0][1].size - found[1][1].size) < 1000
    assert found[1][1].gzip < 0.8 * found[0][1].gzip
    assert _choice(found, "gzip")[1].name == "halved, int8"


def test_what_was_measured_once_is_not_measured_again(bench: Workbench, network: Network) -> None:
    first = trained_candidates(bench, network)
    before = {path: path.stat().st_mtime_ns for path in bench.cache.folder.iterdir()}
    assert trained_candidates(replace(bench), network) == first
    assert {path: path.stat().st_mtime_ns for path in bench.cache.folder.iterdir()} == before


@pytest.mark.parametrize(
    ("error", "times"), [(ChildMemoryError("no memory"), 2), (ChildTimeoutError("slow"), 2), (EngineError("never"), 1)]
)
def test_a_failure_that_may_pass_is_told_and_tried_again(bench: Workbench, error: Exception, times: int) -> None:
    asked: list[int] = []

    def work() -> dict[str, Any]:
        asked.append(1)
        raise error

    told = [bench._tried({"step": "test"}, work) for _ in range(2)]
    assert told == [{"failed": str(error)}] * 2
    assert len(asked) == times


def test_what_is_kept_is_of_the_versions_that_made_it(bench: Workbench) -> None:
    assert {"edgewright", "ai-edge-litert"} == set(bench.key["versions"])


def test_the_nearest_miss_is_told_by_its_own_proof_not_by_that_of_what_was_refused(
    bench: Workbench, network: Network
) -> None:
    halved, ready, _ = trained_candidates(replace(bench, max_drop=0), network)
    refused = halved[0], replace(halved[1], status="accepted", size=1, drop=PairedDrop(400, 100, 100))
    missed = ready[0], replace(ready[1], status="over budget")
    proof, found, chosen = _settled(replace(bench, max_drop=0), [refused, missed], "size", allow_over_budget=True)
    assert found[0][1].reason == NOT_CONFIRMED
    assert chosen == missed
    assert proof == _prove(bench, missed) != _prove(bench, refused)


def test_without_methods_there_is_no_network_and_what_is_for_one_is_refused(tmp_path: Path) -> None:
    def open_one(**options: Any) -> Any:
        given = {"train": None, "methods": (), **options}
        return network_of("net.keras", "data", folder=tmp_path, progress=silent, **given)

    assert open_one() is None
    given = {"train": "data", "labels": "labels.txt", "normalization": np.full(3, 127.5), "bits": 4, "sparsity": 0.5}
    given |= {"clusters": 8, "epochs": 1, "learning_rate": 1e-3}
    for name, value in given.items():
        with pytest.raises(UsageError, match=f"{name} is for a network that is trained"):
            open_one(**{name: value})
    with pytest.raises(UsageError, match="other inputs than those of data"):
        open_one(methods=["qat"])


@pytest.mark.parametrize("as_file", [True, False])
def test_a_tflite_file_cannot_be_trained(shallow: ModelFile, tmp_path: Path, as_file: bool) -> None:
    path = shallow.save(tmp_path / "model.tflite")
    with pytest.raises(UsageError, match="cannot be trained"):
        optimize(path if as_file else shallow, "data", train="photos", methods=["qat"], work=tmp_path / "work")
    assert not (tmp_path / "work").exists()


def test_an_unknown_method_is_named_before_anything_is_opened(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no method 'prun'"):
        optimize("net.keras", "data", train="photos", methods="qat,prun", work=tmp_path)


def test_what_nothing_can_be_chosen_by_is_refused_before_anything_is_opened(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"prefer='speed' is unknown\. Choose one of: size, latency, gzip"):
        optimize("gone.tflite", "data", prefer="speed", work=tmp_path / "work")
    assert not (tmp_path / "work").exists()


def test_what_was_not_proven_is_not_called_accepted() -> None:
    accepted = Candidate(name="int8", status="accepted")
    assert _without_proof(accepted).status == "not proven"
    assert "only the best one meets the proof" in _without_proof(accepted).reason
    failed = Candidate(name="int8", status="failed", reason="no")
    assert _without_proof(failed) is failed


def test_the_choice_is_made_by_what_is_preferred(make_candidate: Callable[..., Any]) -> None:
    found = [make_candidate("small", size=10, gzip=9), make_candidate("packs", size=12, gzip=4)]
    assert [_choice(found, prefer)[1].name for prefer in ("size", "gzip")] == ["small", "packs"]


@pytest.fixture
def make_candidate() -> Callable[..., Any]:
    def make(name: str, **sizes: int) -> Any:
        return CANDIDATES[0], Candidate(name=name, status="accepted", **sizes)

    return make
