"""An evaluation whose inputs a crew answers for: equal to the one of this process, to the last bit."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import edgewright as ew
from crews import Alone
from edgewright.data import from_arrays
from edgewright.errors import UsageError
from edgewright.evaluate import Evaluation

GOOD, SMALL = "models/mobilenet_v2_1.0_224_quant.tflite", "models/mobilenet_v1_0.25_128_quant.tflite"
PHOTOS = {"Egyptian_cat/cat.bmp": "cat.bmp", "daisy/1.bmp": "sunflower.bmp", "macaw/1.jpg": "parrot.jpg"}


@pytest.fixture
def photos(tmp_path: Path, shared_file: Callable[[str], Path]) -> Path:
    folder = tmp_path / "photos"
    for name, source in PHOTOS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(shared_file(f"images/{source}"), folder / name)
    (folder / "macaw/broken.jpg").write_bytes(b"no picture")
    return folder


def facts(found: Evaluation) -> dict[str, Any]:
    worst = [(one.index, one.name, one.loss, one.said, one.expected, str(one.input)) for one in found.worst]
    return {**found.to_dict(), "records": found.records, "worst": worst, "failures": found.failures}


def test_two_models_on_a_crew_are_found_as_good_as_here(photos, tmp_path, shared_file):
    crew = Alone(tmp_path)
    here = ew.evaluate(shared_file(GOOD), photos, baseline=shared_file(SMALL))
    there = ew.evaluate(shared_file(GOOD), photos, baseline=shared_file(SMALL), crew=crew)
    assert facts(there) == facts(here)
    assert [failure.name for failure in there.failures] == [str(photos / "macaw/broken.jpg")]
    assert crew.asked == ["edgewright.task.elsewhere.crewed:answer"]


def test_workers_need_no_files_that_are_here(photos, tmp_path, shared_file):
    class Far(Alone):
        """On a machine where the pictures are not: they are gone by the time that it answers."""

        def call_each(self, function, each, files, progress=None):
            def sent():
                for arguments in each:
                    shutil.rmtree(photos)
                    yield arguments

            return super().call_each(function, sent(), files)

    here = ew.evaluate(shared_file(SMALL), photos)
    assert facts(ew.evaluate(shared_file(SMALL), photos, crew=Far(tmp_path))) == facts(here)


def test_arrays_go_in_several_pieces_and_keep_their_order(tmp_path, shared_file):
    pixels = ew.data.load(shared_file("data/fashion_mnist_900.npz"))
    data = from_arrays(pixels.x[:130], pixels.y[:130], name="clothes")
    labels = [str(number) for number in range(1001)]
    model, reference, crew = shared_file(SMALL), shared_file("models/mobilenet_v1_0.25_224_float_metadata.tflite"), None
    options = {"metric": "agreement", "baseline": reference, "labels": labels}
    here = ew.evaluate(model, data, **options)
    crew = Alone(tmp_path)
    assert facts(ew.evaluate(model, data, **options, crew=crew)) == facts(here)
    assert len(crew.asked) == 3


def test_what_cannot_be_sent_is_refused(photos, tmp_path, shared_file):
    with (photos / "macaw/1.jpg").open("rb") as stream, pytest.raises(UsageError, match="cannot be sent to other mach"):
        ew.evaluate(shared_file(SMALL), [(stream, "macaw")], crew=Alone(tmp_path))
