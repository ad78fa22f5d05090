"""A forecast works on some of the inputs, leaves nothing behind, and says what a run then really reads and writes."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

import edgewright as ew
from edgewright.errors import DataError, OutputError, UsageError
from edgewright.scale.forecasting.figures import STAGES

pytestmark = pytest.mark.extras

MODEL = "models/mobilenet_v1_0.25_128_quant.tflite"


@pytest.fixture
def photos(shared_file, tmp_path) -> Path:
    """Four pictures, one of them broken."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("parrot.jpg", "owl.jpg", "cat.bmp"):
        shutil.copy(shared_file(f"images/{name}"), folder)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    return folder


def all_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def test_it_says_what_a_run_reads_and_writes_and_leaves_nothing(shared_file, photos, tmp_path):
    before = all_files(tmp_path)
    found = ew.scale.forecast(shared_file(MODEL), [str(photos)], folder=tmp_path / "not there" / "out", workers=2)
    assert all_files(tmp_path) == before
    assert (found.sampled.listed, found.sampled.taken, found.sampled.broken) == (4, 4, 1)
    assert tuple(found.stages) == STAGES
    assert all(spread.mean > 0 for spread in found.stages.values())
    assert found.workers.count == 2
    assert any("1 of 4 inputs had no answer" in warning and "broken.jpg" in warning for warning in found.warnings)

    ew.scale.run(shared_file(MODEL), str(photos), tmp_path / "out")
    load = found.at(4, 1)
    assert load.read_bytes == sum(path.stat().st_size for path in photos.iterdir())
    assert load.written_bytes == pytest.approx((tmp_path / "out/part-00000000.jsonl").stat().st_size, abs=2)
    assert load.listing_bytes == next((tmp_path / "out").glob("inputs-*.jsonl")).stat().st_size


def test_old_models_are_tried_modernized(shared_file, photos):
    found = ew.scale.forecast(shared_file("models/mobilenet_v2_1.0_224_quant.tflite"), [str(photos)], workers=1)
    assert found.bottleneck == "model"
    assert "edgewright rewrite --modernize" in found.wins[0]


def test_texts_are_inputs_too(shared_file):
    found = ew.scale.forecast(shared_file("models/nl_classifier_regex.tflite"), ["it was good", "it was bad"])
    assert found.sampled.size is None
    assert found.at(1000, 1).read_bytes == 0
    assert "reading" not in found.stages


def test_nothing_to_work_on_is_an_error(shared_file, photos, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no pictures in there"):
        ew.scale.forecast(shared_file(MODEL), [str(tmp_path / "empty")])
    with pytest.raises(DataError, match="none of 1 inputs is answered"):
        ew.scale.forecast(shared_file(MODEL), [str(photos / "broken.jpg")])
    with pytest.raises(UsageError, match="form"):
        ew.scale.forecast(shared_file(MODEL), [str(photos)], form="xml")


def test_the_command_prints_tables_or_a_document(edgewright, shared_file, photos, tmp_path):
    before = all_files(tmp_path)
    done = edgewright("run", shared_file(MODEL), photos, "--dry-run", "--shard", "3/7", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "bottleneck" in done.stdout
    assert "100,000,000" in done.stdout

    assert re.search(r"^ +7 +\S", done.stdout, re.MULTILINE), "seven machines are told of as well"

    done = edgewright("run", shared_file(MODEL), photos, "--dry-run", "--on", "ray", "--json", cwd=tmp_path)
    said = json.loads(done.stdout)
    assert said["machines"] == [1, 4, 16, 64]
    assert len(said["loads"]) == 12
    assert all_files(tmp_path) == before


def test_a_folder_that_takes_no_rows_is_known_before_the_work(shared_file, photos):
    with pytest.raises(OutputError, match="/proc: cannot be written"):
        ew.scale.forecast(shared_file(MODEL), [str(photos)], folder="/proc/none/out")
    for wrong, said in (
        ({"piece": 0}, "a piece of 0 inputs"),
        ({"workers": -1}, "workers is -1"),
        ({"workers": 0}, "workers is 0"),
        ({"machines": (4, 0)}, "0 machines"),
        ({"machines": (1.5,)}, "1.5 machines"),
    ):
        with pytest.raises(UsageError, match=said):
            ew.scale.forecast(shared_file(MODEL), [str(photos)], **wrong)
