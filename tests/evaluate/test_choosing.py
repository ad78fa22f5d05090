"""The choice of an engine: what is allowed, what wins, and what is remembered."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest

import edgewright as ew
from edgewright.engine import LiteRTEngine
from edgewright.errors import DataError, EngineError, UsageError
from edgewright.evaluate import EngineCandidate, EngineTolerance, choose_engine
from edgewright.evaluate.choosing import _digest, pick
from edgewright.evaluate.engine_agreement import Reference
from edgewright.machine import Timing
from edgewright.model import ModelFile

KWS = "sources/kws_ref_model.published.tflite"
QUANTIZED = "models/mobilenet_v1_0.25_128_quant.tflite"

# An engine package as others would write it: LiteRT with something wrong.
WRONG = '''
import os
import numpy as np
from edgewright.engine import LiteRTEngine

class Zeros(LiteRTEngine):
    def run(self, inputs):
        return [np.zeros_like(one) for one in super().run(inputs)]

class Near(LiteRTEngine):
    def run(self, inputs):
        return [one * np.float32(1.00001) for one in super().run(inputs)]

class Rough(LiteRTEngine):
    def run(self, inputs):
        return [one * np.float32(1.1) for one in super().run(inputs)]

class Late(LiteRTEngine):
    """Wrong on two threads only."""
    def __init__(self, model, *, threads=1, **others):
        super().__init__(model, threads=threads, **others)
        self._wrong = threads == 2
    def run(self, inputs):
        return [-one if self._wrong else one for one in super().run(inputs)]

class Crash(LiteRTEngine):
    def run(self, inputs):
        os.abort()
'''


@pytest.fixture
def wrong_engines(tmp_path, monkeypatch):
    """Engines zeros, near, rough, late and crash, from an installed package."""
    (tmp_path / "wrong_engines.py").write_text(WRONG)
    folder = tmp_path / "wrong_engines-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: wrong-engines\nVersion: 1.0\n")
    points = "".join(f"{name.lower()} = wrong_engines:{name}\n" for name in ("Zeros", "Near", "Rough", "Late", "Crash"))
    (folder / "entry_points.txt").write_text(f"[edgewright.engines]\n{points}")
    monkeypatch.syspath_prepend(tmp_path)


def timed(engine: str, threads: int, *rounds: float) -> EngineCandidate:
    median = sorted(rounds)[len(rounds) // 2]
    return EngineCandidate(engine, threads, Timing(median, median, rounds, 0.0, len(rounds), 9, 1, 0, 0))


def test_the_faster_one_wins():
    slow, fast = timed("litert", 1, *[10.0] * 9), timed("openvino", 2, *[6.0] * 9)
    assert pick([slow, fast]) is fast


def test_litert_on_fewer_threads_wins_where_nothing_is_sure():
    one, two = timed("litert", 1, *[10.0] * 9), timed("litert", 2, *[9.8] * 9)
    other = timed("openvino", 1, *[9.75] * 9)
    assert pick([other, two, one]) is one


def test_rounds_that_cross_are_no_proof():
    one = timed("litert", 1, 10, 10, 10, 10, 10, 10, 10, 8, 8)
    assert pick([one, timed("openvino", 1, *[9.0] * 9)]) is one
    one = timed("litert", 1, 10, 10, 10, 10, 10, 10, 10, 10, 8)
    assert pick([one, timed("openvino", 1, *[9.0] * 9)]).engine == "openvino"


def test_fewer_threads_win_among_others_than_litert():
    slow, fast = timed("litert", 1, *[20.0] * 9), timed("openvino", 2, *[6.0] * 9)
    assert pick([slow, fast, timed("openvino", 1, *[6.1] * 9)]).threads == 1


def test_a_candidate_has_a_timing_or_a_reason():
    with pytest.raises(ValueError, match="exactly one"):
        EngineCandidate("litert", 1)


def test_the_yardstick_is_what_the_runtimes_own_kernels_differ_by():
    tolerance = EngineTolerance()
    assert tolerance.least_signal(99.0) == 60
    assert tolerance.least_signal(18.0) == 12
    assert tolerance.least_signal(1.0) == 5
    assert tolerance.least_signal(math.inf) == 60
    with pytest.raises(UsageError):
        EngineTolerance(margin_db=-1)


def test_wrong_engines_are_out_with_the_reason(shared_file, wrong_engines):
    reference = Reference.of(ModelFile.read(shared_file(KWS)), None)
    assert not reference.vacuous
    objection = {name: reference.objection(name, (1, 2), EngineTolerance()) for name in ("near", "late", "crash")}
    assert objection["near"] == ""
    assert "dB signal to noise, at least" in objection["late"]
    assert "does not survive the model" in objection["crash"]
    assert "dB is required" in reference.objection("rough", (1,), EngineTolerance(margin_db=0))


def test_a_wrong_engine_never_wins_and_its_reason_is_told(shared_file, wrong_engines):
    choice = choose_engine(ModelFile.read(shared_file(KWS)), engines=["zeros", "litert"], threads=[1])
    assert (choice.engine, choice.threads) == ("litert", 1)
    zeros, litert = choice.candidates
    assert zeros.timing is None
    assert "0.0 dB signal to noise" in zeros.reason
    assert choice.median_s == litert.timing.median_s
    assert json.loads(json.dumps(choice.to_dict()))["candidates"][0]["reason"] == zeros.reason


def test_openvino_is_allowed_on_a_quantized_model(shared_file):
    reference = Reference.of(ModelFile.read(shared_file(QUANTIZED)), None)
    assert reference.objection("openvino", (1,), EngineTolerance()) == ""
    assert reference.objection("litert-compiled", (1,), EngineTolerance()) == ""


def test_nothing_but_litert_is_allowed_where_outputs_do_not_vary(shared_file):
    model = ModelFile.read(shared_file(KWS))
    same = [np.zeros(model.inputs[0].shape, np.float32)] * 3
    assert "nothing can be compared" in Reference.of(model, same).objection("litert-compiled", (1,), EngineTolerance())


def test_a_choice_is_remembered_for_model_engines_and_threads(shared_file):
    model = ModelFile.read(shared_file(KWS))
    first = choose_engine(model, engines=["litert"], threads=[1])
    again = choose_engine(model, engines=["litert"], threads=[1])
    assert (first.cached, again.cached) == (False, True)
    assert again.candidates == first.candidates
    assert "measured earlier" in again.why
    assert not choose_engine(model, engines=["litert"], threads=[2]).cached
    assert not choose_engine(model, engines=["litert"], threads=[1], refresh=True).cached
    other = ModelFile.read(shared_file("sources/vww_96.published.tflite"))
    assert not choose_engine(other, engines=["litert"], threads=[1]).cached


def test_another_version_of_a_library_measures_again(shared_file, monkeypatch):
    from importlib import metadata

    model = ModelFile.read(shared_file(KWS))
    choose_engine(model, engines=["litert"], threads=[1])
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "99" if name == "openvino" else real(name))
    assert not choose_engine(model, engines=["litert"], threads=[1]).cached


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"result": {"engine": "litert"}}', '{"result": {"candidates": 3}}']
)
def test_a_damaged_cache_is_measured_again(shared_file, content):
    model = ModelFile.read(shared_file(KWS))
    choose_engine(model, engines=["litert"], threads=[1])
    (kept,) = Path(os.environ["XDG_CACHE_HOME"], "edgewright", "engines").iterdir()
    kept.write_text(content)
    assert not choose_engine(model, engines=["litert"], threads=[1]).cached
    assert choose_engine(model, engines=["litert"], threads=[1]).cached


def test_a_cache_that_cannot_be_written_is_done_without(shared_file, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EDGEWRIGHT_CACHE", str(tmp_path / "file"))
    choice = choose_engine(ModelFile.read(shared_file(KWS)), engines=["litert"], threads=[1])
    assert choice.engine == "litert"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"engines": ["tpu"]}, "no engine 'tpu'"),
        ({"engines": []}, "at least one engine"),
        ({"threads": [0]}, "threads is 0; it is 1 to 256"),
        ({"threads": []}, "one number of threads"),
        ({"threads": [2, 2]}, "threads: 2, 2. Name each one once"),
        ({"engines": "tpu"}, "no engine 'tpu'"),
        ({"threads": 0}, "threads is 0; it is 1 to 256"),
    ],
)
def test_impossible_wishes_are_refused(shared_file, options, words):
    with pytest.raises(UsageError, match=words):
        choose_engine(ModelFile.read(shared_file(KWS)), **options)


def test_no_candidate_and_no_input_are_errors(shared_file):
    model = ModelFile.read(shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite"))
    with pytest.raises(EngineError, match=r"openvino: .*TFLite_Detection_PostProcess"):
        choose_engine(model, engines=["openvino"], threads=[1], inputs=[np.zeros((300, 300, 3), np.float32)])
    with pytest.raises(DataError, match="no inputs"):
        choose_engine(ModelFile.read(shared_file(KWS)), inputs=[])


def test_load_auto_takes_the_choice_and_says_so(shared_file):
    path = shared_file(QUANTIZED)
    with ew.load(path, engine="auto", threads=1) as classify:
        assert any(notice.startswith("engine: ") and "measured now" in notice for notice in classify.notices)
        best = classify(shared_file("images/parrot.jpg"))[0].label
    with ew.load(path) as plain:
        assert isinstance(plain._engine, LiteRTEngine), "never implicit"
        assert plain(shared_file("images/parrot.jpg"))[0].label == best
        assert not any(notice.startswith("engine: ") for notice in plain.notices)
    with ew.load(path, engine="auto", threads=1) as again:
        assert any("measured earlier" in notice for notice in again.notices)
    with pytest.raises(UsageError, match="a delegate decides"):
        ew.load(path, engine="auto", delegates=["libedgetpu.so.1"])


def test_inputs_of_other_values_are_other_inputs(tmp_path):
    digests = set()
    for value in (0, 1):
        np.savez(tmp_path / f"{value}.npz", x=np.full(3, value))
        with np.load(tmp_path / f"{value}.npz") as arrays:
            digests |= {_digest([arrays]), _digest([dict(arrays)])}
    assert len(digests) == 2
