"""What is blurred and masked in the worker: when, where, for how long; and that nothing is shown where that fails."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewright.agent import Frame
from edgewright.agent.inference.setup import Hidden, ModelSetup, Second, WorkerSetup
from edgewright.agent.inference.worker import Worker, WorkerLost
from edgewright.errors import ModelError, UsageError
from edgewright.model import ModelFile

# A detector whose pictures say what it does, by the value of their first pixel: 1 finds a box, 2 nothing.
TASK = """
import os, signal
import numpy as np
from edgewright.media import Box
from edgewright.task import Observation

class Result:
    xyxy = ()

    def __init__(self, *boxes):
        self._boxes = boxes

    def to_dict(self, top):
        return {"kind": "odd"}

    def observations(self):
        return [Observation("thing", 0.9, 0, box=box) for box in self._boxes]

def failing():
    raise RuntimeError("no\\ngood")

class Odd:
    labels = ("thing",)
    doing = {
        1: lambda: Result(Box(20, 20, 60, 60)), 3: failing, 4: lambda: os.kill(os.getpid(), signal.SIGSEGV),
        5: lambda: os._exit(7), 6: lambda: Result(None),
    }

    def __init__(self, nowhere):
        self._nowhere = nowhere

    def __call__(self, outputs, prepared):
        value = int(prepared.tensors.flat[0])
        return self.doing.get(value, Result)()

class Kind:
    name, input = "odd", "picture"

    def recognize(self, model):
        return None

    def decoder(self, model, options):
        return Odd(options)

KIND = Kind()
"""

BOX = (slice(25, 55), slice(25, 55))


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    package = tmp_path / "package"
    (package / "odd-1.0.dist-info").mkdir(parents=True)
    (package / "odd_finder.py").write_text(TASK)
    (package / "odd-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    (package / "odd-1.0.dist-info" / "entry_points.txt").write_text("[edgewright.tasks]\nodd = odd_finder:KIND\n")
    monkeypatch.syspath_prepend(package)
    return "odd"


@pytest.fixture
def started(small_model: Path):
    """Start workers with what is hidden; they are ended afterwards."""
    workers = []

    def start(hidden: Hidden, **others: object) -> Worker:
        workers.append(Worker(WorkerSetup(ModelFile.read(small_model), hidden=hidden, **others)))
        return workers[-1]

    yield start
    for worker in workers:
        worker.close()


@pytest.fixture
def finding(started, odd: str, small_model: Path) -> Callable[..., Worker]:
    """A worker whose detector does as pictures say."""

    def start(**others: object) -> Worker:
        return started(Hidden(("thing",), ModelSetup(ModelFile.read(small_model), odd), **others))

    return start


def picture(value: int, size: tuple[int, int] = (96, 96)) -> Frame:
    """Black and white in stripes, of which nothing is left behind a blur."""
    stripes = (np.indices(size).sum(axis=0) // 2 % 2 * 255).astype(np.uint8)
    pixels = np.repeat(stripes[..., None], 3, axis=2)
    pixels[:8, :8] = value  # what a detector's first number is made of
    return Frame(pixels)


def shown(worker: Worker, **how: int) -> np.ndarray:
    with Image.open(io.BytesIO(worker.snapshot(**how))) as image:
        return np.asarray(image.convert("RGB"))


def is_blurred(pixels: np.ndarray) -> bool:
    return pixels[BOX].std() < 12


class TestMoments:
    def test_what_was_found_before_stays_blurred_where_it_is_missed(self, finding):
        worker = finding()
        for value in (1, 2, 2):
            worker.answer(picture(value))
        assert is_blurred(shown(worker)), "nobody had asked for the two before"
        worker.answer(picture(2))
        assert is_blurred(shown(worker))

    def test_for_some_pictures_and_not_for_ever(self, finding):
        worker = finding()
        worker.answer(picture(1))
        assert is_blurred(shown(worker))
        for _ in range(20):
            worker.answer(picture(2))
        assert not is_blurred(shown(worker))

    def test_of_other_sources_sizes_and_pictures_that_stand_alone_nothing_is_kept(self, finding):
        worker = finding(alone=(False, False, True))
        worker.answer(picture(1), 0)
        worker.answer(picture(2), 1)
        assert not is_blurred(shown(worker))
        worker.answer(picture(2, (90, 96)), 0)
        assert not is_blurred(shown(worker))
        for value in (1, 2):
            worker.answer(picture(value), 2)
        assert not is_blurred(shown(worker))
        worker.answer(picture(2), 0)
        assert is_blurred(shown(worker)), "that of the first source is still known"


class TestFailing:
    @pytest.mark.parametrize("value", [3, 6])
    def test_a_picture_that_the_detector_fails_on_is_shown_to_nobody(self, finding, caplog, value):
        worker = finding()
        with caplog.at_level(logging.WARNING, "edgewright"):
            for _ in range(3):
                assert worker.answer(picture(value)).error is None, "what the model says is told all the same"
                assert worker.snapshot() == b""
        assert caplog.text.count("pictures are not shown: what is to be blurred cannot be found") == 1
        worker.answer(picture(1))
        assert is_blurred(shown(worker)), "the picture before cannot be looked at, this one can"

    @pytest.mark.parametrize("value", [4, 5])
    def test_a_detector_that_dies_takes_the_picture_with_it(self, finding, value):
        worker = finding()
        worker.answer(picture(value))
        with pytest.raises(WorkerLost):
            worker.snapshot()

    def test_before_the_first_picture_and_after_a_broken_one_there_is_none(self, started):
        worker = started(Hidden())
        assert worker.snapshot() == b""
        worker.answer(picture(0))
        assert worker.snapshot()
        assert worker.answer(Frame(b"no picture")).error
        assert worker.snapshot() == b""


class TestMasks:
    LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    ALL = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))

    def test_models_see_gray_and_so_does_everybody(self, started):
        worker = started(Hidden(masks=((self.ALL,), ())))
        gray = worker.answer(Frame(np.full((96, 96, 3), 128, np.uint8)), 1).result
        assert worker.answer(picture(0), 0).result == gray
        assert np.abs(shown(worker).astype(int) - 128).max() <= 2
        assert worker.answer(picture(0), 1).result != gray

    def test_of_an_encoded_picture_it_lies_as_the_picture_is_seen(self, started):
        """This one is stored lying on its side."""
        stream, turned = io.BytesIO(), Image.Exif()
        turned[0x0112] = 6
        Image.fromarray(picture(0, (60, 120)).content).save(stream, "JPEG", exif=turned, quality=95)
        worker = started(Hidden(masks=((self.LEFT,),)))
        worker.answer(Frame(stream.getvalue()))
        seen = shown(worker).astype(int)
        assert seen.shape == (120, 60, 3)
        assert np.abs(seen[:, :28] - 128).max() <= 40, "but for what JPEG makes of edges"
        assert np.abs(seen[:, :16] - 128).max() <= 2
        assert seen[:, 40:].std() > 60

    @pytest.mark.parametrize("size", [(7, 5), (1, 1), (241, 323)])
    def test_pictures_of_any_size_are_covered_to_the_edge(self, started, size):
        worker = started(Hidden(masks=((self.ALL,),)))
        worker.answer(Frame(np.full((*size, 3), 255, np.uint8)))
        assert np.abs(shown(worker).astype(int) - 128).max() <= 2

    def test_a_source_that_was_not_spoken_of_is_not_looked_at(self, started):
        worker = started(Hidden(masks=((self.ALL,),)))
        assert worker.answer(picture(0), 1).error
        assert worker.snapshot() == b""


class TestWho:
    def test_the_main_model_finds_what_it_knows_also_where_it_is_not_sure(self, shared_file):
        """At the agent's threshold it shows nothing at all."""
        detector = ModelFile.read(shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite"))
        setup = WorkerSetup(detector, options={"threshold": 0.99}, hidden=Hidden(("person",)))
        with Image.open(shared_file("images/grace_hopper.bmp")) as image:
            pixels = np.asarray(image.convert("RGB"))
        worker = Worker(setup)
        assert worker.answer(Frame(pixels)).result["detections"] == []
        seen = shown(worker)
        worker.close()
        assert pixels[150:350, 170:360].std() > 60
        assert seen[150:350, 170:360].std(axis=(0, 1)).max() < 12

    @pytest.mark.parametrize(
        ("labels", "detector", "words"),
        [
            (("face",), None, "faces are blurred by a detector of faces, which is not on this machine yet"),
            (("face",), "mobilenet_v1_0.25_128_quant", "mobilenet_v1_0.25_128_quant.tflite: there is no label 'face'"),
            (("macaw",), None, "it frames no things, so that nothing can be blurred by it"),
            (("fase",), "face_detection_short_range", "short_range.tflite: there is no label 'fase'.* 'face'"),
            (("face", "prson"), "face_detection_short_range", "there is no label 'prson'"),
        ],
    )
    def test_what_nobody_finds_is_one_line(self, started, shared_file, labels, detector, words):
        model = ModelSetup(ModelFile.read(shared_file(f"models/{detector}.tflite"))) if detector else None
        with pytest.raises((UsageError, ModelError), match=words) as caught:
            started(Hidden(labels, model))
        assert "\n" not in str(caught.value)

    def test_the_main_model_is_not_asked_for_what_the_detector_knows(self, started, shared_file):
        face = ModelFile.read(shared_file("models/face_detection_short_range.tflite"))
        with pytest.raises(UsageError, match="frames no things"):
            started(Hidden(("face", "macaw"), ModelSetup(face)))
        started(Hidden(("face",), ModelSetup(face)))


class TestPictures:
    def test_a_smaller_one_is_blurred_in_the_same_place(self, finding):
        worker = finding()
        worker.answer(picture(1))
        small, rough = worker.snapshot(width=48), worker.snapshot(width=48, quality=20)
        assert len(rough) < len(small)
        with Image.open(io.BytesIO(small)) as image:
            pixels = np.asarray(image)
        assert pixels.shape == (48, 48, 3)
        assert pixels[13:27, 13:27].std() < 12
        assert shown(worker, width=1000).shape == (96, 96, 3), "it is made no larger"

    @pytest.mark.parametrize("hides", [False, True])
    def test_nothing_travels_along(self, finding, started, hides):
        exif = Image.Exif()
        exif[0x010E] = "taken at home"
        stream = io.BytesIO()
        Image.fromarray(picture(1).content).save(
            stream, "JPEG", exif=exif, comment=b"a secret", icc_profile=b"profile" * 20, dpi=(300, 300)
        )
        worker = finding() if hides else started(Hidden())
        worker.answer(Frame(stream.getvalue()))
        with Image.open(io.BytesIO(worker.snapshot())) as image:
            assert image.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert not any(words in worker.snapshot() for words in (b"home", b"secret", b"profile"))


def test_a_chain_blurs_what_its_first_model_knows(shared_file, small_model, odd):
    first, then = ModelFile.read(small_model), ModelSetup(ModelFile.read(small_model))
    worker = Worker(WorkerSetup(first, odd, then=Second(then), hidden=Hidden(("thing",))))
    worker.answer(picture(1))
    assert is_blurred(shown(worker))
    worker.close()
