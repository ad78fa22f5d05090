"""A file with several signatures: each is named and described, and any of them can be the one that runs."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.bench import bench
from edgewright.check import check
from edgewright.engine import Interpreter, open_engine
from edgewright.errors import UsageError
from edgewright.hub import load
from edgewright.model import ModelFile, inspect
from edgewright.rewrite import entered, entries, other_entries

WIDTHS = {"decode": (3, 4), "encode": (4, 3)}


@pytest.fixture
def two(shared_file) -> ModelFile:
    return ModelFile.read(shared_file("cases/20-two-signatures.tflite"))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("key", WIDTHS)
def test_entered_file_computes_what_the_signature_does(two, key, seed):
    given = np.random.default_rng(seed).normal(size=(1, WIDTHS[key][0])).astype(np.float32)
    runner = Interpreter(model_content=two).get_signature_runner(key)
    (expected,) = runner(**dict.fromkeys(runner.get_input_details(), given)).values()
    with open_engine(entered(two, key)) as engine:
        np.testing.assert_array_equal(engine.run(given)[0], expected)


def test_all_signatures_stay_in_the_file_that_is_entered_by_another(two):
    other = entered(two, "encode")
    assert {signature.key for signature in other.signatures} == set(WIDTHS)
    assert entered(other, "decode").inputs == two.inputs
    assert entered(two, None) is two
    assert entered(two, "decode") is two


def test_unknown_signature_is_refused_with_those_that_there_are(two):
    with pytest.raises(UsageError, match=r"no signature 'nix'. Choose one of: decode, encode"):
        entered(two, "nix")


def test_inspection_describes_each(two):
    described = {signature["key"]: signature for signature in inspect(two).to_dict()["signatures"]}
    for key, (takes, gives) in WIDTHS.items():
        assert [end["shape"] for end in described[key]["takes"].values()] == [[1, takes]]
        assert [end["shape"] for end in described[key]["gives"].values()] == [[1, gives]]
        assert described[key]["macs"] == 12


def test_check_looks_at_each_or_at_the_one_that_is_named(two):
    assert [report.signature for report in check(two).targets] == ["decode", "encode"]
    assert [report.signature for report in check(two, signature="encode", targets="cpu,gpu").targets] == ["encode"] * 2


def test_task_and_bench_say_which_one_it_is(two):
    assert [entry.key for entry in entries(two)] == ["decode", "encode"]
    assert other_entries(two)[0] in load(two, task="tensors").notices
    assert any(other_entries(two)[0] in note for note in bench(two, rounds=1).notices)
    assert load(two, task="tensors", signature="encode").model.inputs[0].shape == (1, 4)


def test_file_with_one_signature_says_nothing_of_it(shared_file):
    one = ModelFile.read(shared_file("cases/18-nan.tflite"))
    assert other_entries(one) == ()
    assert [report.signature for report in check(one).targets] == [""]
