"""`check` as a whole: what it takes, refuses and reports; and that it stays light."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import edgewright as ew
from edgewright.check import CheckReport, check, tables, target_names
from edgewright.errors import EdgewrightError, ModelError, UsageError

from ..attacks.damage import damaged
from ..model.builders import add_model, raw

Find = Callable[[str], Path]


def test_the_targets_are_these() -> None:
    assert set(target_names()) >= {"cpu", "gpu", "edgetpu", "micro"}


def test_it_is_public() -> None:
    report = ew.check(raw(add_model()), targets="gpu, edgetpu,gpu")
    assert isinstance(report, CheckReport)
    assert [target.target for target in report.targets] == ["gpu", "edgetpu"]
    assert report["gpu"].runs
    assert not report["edgetpu"].runs
    assert not report.runs
    with pytest.raises(KeyError):
        report["cpu"]


@pytest.mark.parametrize("targets", ["", [], "cupcake", ["cpu", "npu"]])
def test_targets_that_do_not_exist(targets: str | list[str]) -> None:
    with pytest.raises(UsageError, match="cpu, edgetpu, gpu, micro"):
        check(raw(add_model()), targets=targets)


def test_no_sound_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        check(b"no model")
    with pytest.raises(ModelError, match="no such file"):
        check(tmp_path / "missing.tflite")


def test_the_report_is_json_and_text(shared_file: Find) -> None:
    report = check(shared_file("models/deeplabv3_mnv2_pascal_quant.tflite"), targets="edgetpu,gpu")
    document = json.loads(json.dumps(report.to_dict()))
    edge_tpu = document["targets"][0]
    assert edge_tpu["operators"][64]["verdict"] == "on the CPU instead"
    assert edge_tpu["operators"][64]["inputs"][0] == {"shape": [1, 1, 1, 256], "dtype": "uint8", "constant": False}
    assert edge_tpu["splits"] == [64]
    for width in (80, 120):
        text = "".join(table.to_text(width) for table in tables(report))
        assert max(map(len, text.splitlines())) <= width
        assert "RESIZE_BILINEAR" in text


def test_damaged_files_are_refused_or_judged(shared_file: Find) -> None:
    data = shared_file("sources/kws_ref_model.published.tflite").read_bytes()
    generator = random.Random(6)
    judged = 0
    for _ in range(60):
        try:
            report = check(damaged(data, generator), targets="gpu,edgetpu")
        except ModelError:
            continue
        judged += 1
        assert all(one.verdict for target in report.targets for one in target.operators)
    assert judged > 5


@pytest.mark.parametrize("target", ["cpu", "micro"])
def test_damaged_files_that_are_run(target: str, shared_file: Find) -> None:
    data = shared_file("sources/kws_ref_model.published.tflite").read_bytes()
    generator = random.Random(7)
    judged = 0
    while judged < 3:
        try:
            judged += bool(check(damaged(data, generator), targets=[target], timeout=60).targets)
        except ModelError:
            continue
        except EdgewrightError as error:
            pytest.fail(f"a model that does not run is a result, not {error!r}")


def test_a_prediction_needs_no_numpy(shared_file: Find) -> None:
    file = shared_file("models/mobilenet_v1_0.25_128_quant.tflite")
    script = (
        "import sys; from edgewright.cli.app import _run;"
        f"code = _run(['check', {str(file)!r}, '--target', 'edgetpu,gpu'], False);"
        "sys.exit(code or ('numpy' in sys.modules and 'imported numpy') or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_neither_tensorflow_nor_a_runtime_is_imported_here(shared_file: Find) -> None:
    file = shared_file("models/mobilenet_v1_0.25_128_quant.tflite")
    script = (
        "import sys; from edgewright.check import check;"
        f"check({str(file)!r}, targets='cpu,gpu,edgetpu,micro');"
        "heavy = {'tensorflow', 'ai_edge_litert', 'tflite_micro', 'keras'} & set(sys.modules);"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
