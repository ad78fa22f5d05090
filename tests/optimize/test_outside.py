"""A task, a metric and a data format of another package: a search by a metric that is no share of right answers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewright.errors import DataError, UsageError
from edgewright.model import InputMetadata, Metadata, ModelFile
from edgewright.optimize import CANDIDATES, MetricDrop, optimize, report_page, verdict
from waiting import wait_for

from . import gauges
from .networks import dense, fitted

SIDE = 28
WEIGHTS = tuple(recipe for recipe in CANDIDATES if recipe.name in ("int8 weights", "int4 weights"))


def packaged(folder: Path) -> Path:
    """The package as pip leaves it, for PYTHONPATH."""
    metadata = folder / "gauges-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: gauges\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(gauges.ENTRY_POINTS)
    (folder / "gauges.py").write_text(Path(gauges.__file__).read_text())
    return folder


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packaged(tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="module")
def pictures(shared_file: Callable[[str], Path]) -> np.ndarray:
    with np.load(shared_file("data/fashion_mnist_900.npz")) as data:
        return data["x"]


@pytest.fixture(scope="module")
def readings(pictures: np.ndarray) -> np.ndarray:
    """How bright a picture is, in bar: 0 to 10."""
    return pictures.reshape(len(pictures), -1).mean(1) / 25.5


@pytest.fixture(scope="module")
def gauge(pictures: np.ndarray, readings: np.ndarray) -> ModelFile:
    """It reads the pressure off a gray picture of 28 × 28."""
    x = pictures.reshape(len(pictures), -1).astype(np.float32) / 255
    described = InputMetadata(kind="image", color_space="GRAYSCALE", mean=(0.0,), std=(255.0,))
    model = dense(fitted(x, readings, depth=3), shape=(1, SIDE, SIDE, 1))
    return model.with_metadata(Metadata(name="gauge", inputs=(described,)))


@pytest.fixture(scope="module")
def data(pictures: np.ndarray, readings: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "boiler.gauge"
    path.write_text(json.dumps({"pictures": pictures.tolist(), "readings": readings.tolist()}))
    return path


@pytest.fixture
def installed(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(package)


def test_the_command_finds_them_by_their_entry_points(edgewright, gauge, data, package, tmp_path):
    model, out, report = gauge.save(tmp_path / "gauge.tflite"), tmp_path / "small.tflite", tmp_path / "page.html"
    command = ("optimize", model, "--data", data, "--metric", "gauge_error", "--work", tmp_path / "work", "-o", out)
    done = edgewright(*command, "--max-drop", "1.5", "--json", "--report", report, PYTHONPATH=package)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["task"], said["metric"], said["max_drop"]) == ("gauge", "gauge_error", 1.5)
    assert said["accuracy"] is None
    assert out.stat().st_size < gauge.size / 2
    assert said["proof"]["drop"] == pytest.approx(said["value"]["value"] - said["float_value"]["value"])
    assert said["proof"]["drop"] < said["proof"]["upper95"] <= 1.5
    assert ModelFile.read(out).metadata.provenance.steps[-1]["metric"] == "gauge_error"
    page = report.read_text(encoding="utf-8")
    assert "ccuracy" not in page
    assert "for at most 1.5 bar of mean error" in page
    assert "bootstrap of the pairs" in page
    without = edgewright(*command, "--max-drop", "1.5", "--force")
    assert without.returncode != 0
    assert "boiler.gauge: not a data set" in without.stderr


@pytest.mark.usefixtures("installed")
def test_figures_are_those_of_the_metric(gauge: ModelFile, data: Path, tmp_path: Path):
    """Without a name it is found by the task and the targets; the figures are what NumPy says of the file's answers."""
    import edgewright

    result = optimize(gauge, str(data), max_drop=0.5, candidates=WEIGHTS[:1], work=tmp_path)
    assert result.metric.name == "gauge_error"
    assert isinstance(result.proof, MetricDrop)
    errors = []
    for model in (gauge, result.model):
        with edgewright.load(model) as task:
            errors.append([abs(task(picture).value - value) for picture, value in proof_of(result, data)])
    assert result.before.value == pytest.approx(np.mean(errors[0]), abs=1e-5)
    assert result.after.value == pytest.approx(np.mean(errors[1]), abs=1e-5)
    assert result.proof.drop == pytest.approx(np.mean(errors[1]) - np.mean(errors[0]), abs=1e-5)
    assert result.proof.drop < result.proof.worst <= 0.5
    assert "with 95% confidence worse by at most" in verdict(result)
    assert "ccuracy" not in verdict(result) + report_page(result).to_html()


def proof_of(result, data: Path) -> list[tuple[np.ndarray, float]]:
    said = json.loads(data.read_text())
    numbers = [int(result.data.names[index].removeprefix("sample ")) for index in result.data.proof]
    return [(np.array(said["pictures"][number], np.uint8), said["readings"][number]) for number in numbers]


@pytest.mark.usefixtures("installed")
def test_an_error_that_rises_too_far_is_refused(gauge: ModelFile, data: Path, tmp_path: Path):
    """Less is better: a metric that is read the wrong way round would take the worst of all."""
    result = optimize(gauge, str(data), max_drop=0.0001, candidates=WEIGHTS[-1:], work=tmp_path, prefer="latency")
    assert result.model is None
    (candidate,) = result.candidates
    assert candidate.drop.drop > 0.0001
    assert candidate.status in ("over budget", "stopped early")


@pytest.mark.usefixtures("installed")
def test_a_reference_metric_needs_no_labels(gauge: ModelFile, pictures: np.ndarray, tmp_path: Path):
    """A metric that compares with the float model: both answer beside each other in the child."""
    result = optimize(gauge, pictures, metric="gauge_drift", max_drop=0.5, candidates=WEIGHTS[:1], work=tmp_path)
    assert result.chosen is not None
    assert result.data.targets is None
    assert result.before is None
    assert 0 < result.proof.drop <= result.proof.worst <= 0.5


@pytest.mark.usefixtures("installed")
def test_a_metric_itself_crosses_to_the_child_too(gauge: ModelFile, data: Path, tmp_path: Path):
    import gauges as outside

    twice = outside.Error("twice", "Error twice", higher_is_better=False)
    result = optimize(gauge, str(data), metric=twice, max_drop=0.5, candidates=WEIGHTS[:1], work=tmp_path)
    assert result.metric == twice


@pytest.mark.usefixtures("installed")
def test_agreement_of_answers_that_are_all_the_same_proves_nothing(
    gauge: ModelFile, pictures: np.ndarray, tmp_path: Path
):
    with pytest.raises(DataError, match=r"its best answer is 'reading' for every sample: .* another metric"):
        optimize(gauge, pictures, metric="agreement", candidates=WEIGHTS[:1], work=tmp_path)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"metric": "gauge_eror"}, "there is no metric 'gauge_eror'. Did you mean 'gauge_error'"),
        (
            {"metric": "top1"},
            "the metric 'top1' is for classification, text-classification, and the model's task is gauge",
        ),
        ({"max_drop": -1.0}, "max_drop is -1.0; it is a drop of Mean error, at least 0"),
        ({"metric": "agreement", "max_drop": 1.5}, "it is a share of the answers"),
        ({"task": "detection"}, "no metric scores the results of detection"),
    ],
)
def test_what_does_not_fit_is_said_before_the_work(gauge, data, tmp_path, options, says):
    with pytest.raises(UsageError, match=says):
        optimize(gauge, str(data), work=tmp_path / "work", **options)
    assert not list((tmp_path / "work").glob("*"))


@pytest.mark.usefixtures("installed")
def test_a_package_that_changed_is_measured_anew(gauge: ModelFile, data: Path, tmp_path: Path):
    """A metric that was mended would otherwise get the figures of before."""
    import gauges as outside

    from edgewright.optimize.scoring import Scoring

    scoring = Scoring("gauge", outside.NumberTarget)
    before, file = scoring.fingerprint(gauge), Path(outside.__file__)
    text = file.read_text()
    file.write_text(text + "\n# mended\n")
    try:
        assert scoring.fingerprint(gauge) != before
    finally:
        file.write_text(text)
    assert scoring.fingerprint(gauge) == before


SCRIPT = """
import sys
from edgewright.optimize import CANDIDATES, optimize
result = optimize(sys.argv[1], sys.argv[2], max_drop=0.5, candidates=CANDIDATES[:1], work=sys.argv[3])
print(result.chosen.name, result.proof, [one.drop for one in result.candidates])
"""


def test_a_killed_search_goes_on_where_it_was(gauge, data, package, tmp_path):
    (tmp_path / "search.py").write_text(SCRIPT)
    command = [sys.executable, tmp_path / "search.py", gauge.save(tmp_path / "gauge.tflite"), data]
    settings = {"env": {**os.environ, "PYTHONPATH": str(package)}, "text": True, "stdout": subprocess.PIPE}
    whole = subprocess.run([*command, tmp_path / "whole"], check=True, **settings).stdout
    work = tmp_path / "work"
    with subprocess.Popen([*command, work], start_new_session=True, **settings) as process:
        wait_for(lambda: len(list(work.glob("*.json"))) >= 3, process=process)
        os.killpg(process.pid, signal.SIGKILL)
    known = {path: path.stat().st_mtime_ns for path in work.glob("*.json")}
    done = subprocess.run([*command, work], check=True, **settings)
    assert done.stdout == whole
    assert {path: path.stat().st_mtime_ns for path in known} == known


REGISTERING = """
import sys
import gauges
from edgewright.errors import UsageError
from edgewright.evaluate import register_metric
from edgewright.optimize import CANDIDATES, optimize
from edgewright.task import register_task
register_metric("mine", gauges.Error("mine"))
found = optimize(*sys.argv[1:3], metric="mine", max_drop=0.5, candidates=CANDIDATES[:1], work=sys.argv[3])
print(found.metric.name, found.chosen.name)
class Mine(gauges.Kind):
    name = "my own"
register_task("my own", Mine())
try:
    optimize(*sys.argv[1:3], task="my own", work=sys.argv[3])
except UsageError as error:
    print(error)
"""


def test_what_only_this_program_registered_is_sent_or_refused(gauge, data, package, tmp_path):
    """Models are measured in other processes, which know the entry points and nothing of this program."""
    (tmp_path / "search.py").write_text(REGISTERING)
    command = [sys.executable, tmp_path / "search.py", gauge.save(tmp_path / "gauge.tflite"), data, tmp_path / "work"]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(package)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found, refused = done.stdout.splitlines()
    assert found == "mine float16 weights"
    assert refused.startswith("the task 'my own' is registered in this program only")


def test_bench_takes_pictures_of_any_task(edgewright, gauge, pictures, package, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        Image.fromarray(pictures[number]).save(folder / f"{number}.png")
    model = gauge.save(tmp_path / "gauge.tflite")
    done = edgewright("bench", model, "--images", folder, "--rounds", "1", "--json", PYTHONPATH=package)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["pictures"] == 3
    assert said["measured"][0]["end_to_end"]["median_s"] > 0
