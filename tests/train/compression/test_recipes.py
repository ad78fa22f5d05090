"""`optimize` with methods: a network of Keras, trained on, and its candidates beside those of the quantizer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import edgewright as ew
from edgewright.data import open_dataset
from edgewright.errors import DataError, UsageError
from edgewright.optimize import CANDIDATES, Optimization, brief_table, report_page, verdict
from edgewright.train.compression.method import Settings, methods_named
from edgewright.train.compression.recipes import Chain, _chains, _check_apart
from edgewright.train.compression.samples import Samples

INT8 = tuple(recipe for recipe in CANDIDATES if recipe.name == "int8")
Arrays = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def small(built_by: Callable[[str], Path]) -> Path:
    return built_by("train/compression/build_small.py")


@pytest.fixture(scope="module")
def parts(small: Path) -> tuple[Arrays, Arrays]:
    x, y = np.load(small / "inputs.npy"), np.load(small / "kinds.npy")
    return (x[:100], y[:100]), (x[100:], y[100:])


def search(small: Path, parts: tuple[Arrays, Arrays], work: Path) -> Optimization:
    learned, proving = parts
    return ew.optimize(
        small / "network.keras", proving, train=learned, methods=["cluster", "prune"], epochs=1, sparsity=0.5,
        prefer="gzip", max_drop=0.5, point_estimate=True, candidates=INT8, work=work,
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(small: Path, parts: tuple[Arrays, Arrays], tmp_path_factory: pytest.TempPathFactory) -> Optimization:
    return search(small, parts, tmp_path_factory.mktemp("work"))


def test_each_method_and_both_together_are_candidates(found: Optimization) -> None:
    assert [one.name for one in found.candidates] == [
        "int8", "prune, int8", "cluster, int8", "prune+cluster, int8",
    ]  # fmt: skip
    assert [set(one.trained) for one in found.candidates] == [set(), {"prune"}, {"cluster"}, {"prune", "cluster"}]
    assert all(one.gzip and one.size and one.timing for one in found.candidates)
    sizes = [one.gzip for one in found.candidates]
    assert min(sizes) < sizes[0]
    assert found.chosen.gzip == min(one.gzip for one in found.candidates if one.accepted)


def test_what_was_chosen_says_how_it_was_made(found: Optimization, tmp_path: Path) -> None:
    step = found.model.metadata.provenance.steps[-1]
    assert step["trained"] == found.chosen.trained
    assert "gzipped" in verdict(found)
    assert "gzipped" in brief_table(found).to_text(100)
    assert "gzipped" in report_page(found).save(tmp_path / "page.html").read_text(encoding="utf-8")
    assert found.to_dict()["candidates"][1]["gzip"] == found.candidates[1].gzip
    assert any("no faster" in notice for notice in found.notices)


def test_a_second_search_trains_nothing(found: Optimization, small: Path, parts: tuple[Arrays, Arrays]) -> None:
    work = found.data.path.parent
    before = {path: path.stat().st_mtime_ns for path in work.rglob("network.keras")}
    assert len(before) == 3
    again = search(small, parts, work)
    assert {path: path.stat().st_mtime_ns for path in work.rglob("network.keras")} == before
    assert again.model.sha256 == found.model.sha256


def test_what_is_trained_on_cannot_prove(small: Path, parts: tuple[Arrays, Arrays], tmp_path: Path) -> None:
    learned, _ = parts
    with pytest.raises(DataError, match="100 of its samples are those of train too"):
        ew.optimize(small / "network.keras", learned, train=learned, methods="prune", work=tmp_path)


def test_copies_and_parts_of_what_is_trained_on_cannot_prove_either(
    parts: tuple[Arrays, Arrays], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (x, y), (others, kinds) = parts
    learned = open_dataset((x, y))
    _check_apart(learned, open_dataset((others, kinds)))
    with pytest.raises(DataError, match="30 of its samples are those of train too"):
        _check_apart(learned, open_dataset((np.concatenate([x[:30], others]), np.concatenate([y[:30], kinds]))))
    for place, pixels in enumerate((x.reshape(len(x), -1)[:6, :16] * 40).astype(np.uint8)):
        for folder in ("train", "elsewhere"):
            path = tmp_path / folder / f"class{place % 2}" / f"{folder}{place}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.reshape(4, 4)).save(path)
    monkeypatch.chdir(tmp_path)
    for same in (tmp_path / "train", "elsewhere"):
        with pytest.raises(DataError, match="6 of its samples are those of train too"):
            _check_apart(open_dataset("train"), open_dataset(same))


def test_wrong_settings_are_named_before_the_work(parts: tuple[Arrays, Arrays], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="sparsity=1"):
        ew.optimize("gone.keras", parts[1], train=parts[0], methods="prune", sparsity=1, work=tmp_path)


def test_methods_are_tried_alone_and_in_turn(small: Path) -> None:
    chains = _chains(methods_named("qat,prune,cluster"))
    names = [[method.name for method in chain] for chain in chains]
    assert names == [["prune"], ["cluster"], ["qat"], ["prune", "cluster"], ["prune", "cluster", "qat"]]
    nothing = Samples(small, None, *[np.empty(0, np.int64)] * 3, "")
    whole = Chain(chains[-1], small, nothing, Settings(bits=4), small)
    assert whole.name == "prune+cluster+qat 4 bits"
