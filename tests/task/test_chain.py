"""Two models in a row on real photographs: a detector, and a classifier that looks at its crops."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import edgewright as ew
from edgewright.errors import DataError, UsageError
from edgewright.task import Chain, Crop, Observation, open_task
from edgewright.task.results.chained import Chained, Link

DETECTOR = "models/ssd_mobilenet_v1_coco_quant_metadata.tflite"
CLASSIFIER = "models/mobilenet_v2_1.0_224_quant.tflite"


@pytest.fixture
def chain(shared_file: Any) -> Any:
    with ew.chain(shared_file(DETECTOR), shared_file(CLASSIFIER), on=["bird"]) as opened:
        yield opened


@pytest.fixture
def parrot(shared_file: Any) -> Path:
    return shared_file("images/parrot.jpg")


class Always:
    """A model's place: it finds what it is told to find."""

    def __init__(self, like: Any, *things: Observation) -> None:
        self.labels, self.notices, self.model, self.input, self._workers = (), (), like.model, like.input, 1
        self.threshold = None
        self.things = things

    def __call__(self, picture: Any) -> Any:
        return Found(self.things)

    def close(self) -> None: ...


@dataclasses.dataclass
class Found:
    things: tuple[Observation, ...]

    def observations(self) -> tuple[Observation, ...]:
        return self.things

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        return {"kind": "found"}


def test_a_bird_is_called_by_its_kind(chain: Chain, parrot: Path) -> None:
    result = chain(parrot)
    best = result[0]
    assert (best.found.label, best.label) == ("bird", "macaw")
    assert best.score > 0.9
    observation = result.observations()[0]
    assert (observation.label, observation.box) == ("macaw", best.found.box)
    assert observation.index == best.then.observations()[0].index  # type: ignore[union-attr]


def test_the_second_sees_what_was_cut_out(shared_file: Any, parrot: Path) -> None:
    """To the bit what the classifier says of the crop when it is cut out by hand."""
    with ew.load(shared_file(DETECTOR)) as detect, ew.load(shared_file(CLASSIFIER)) as classify:
        box = detect(parrot)[0].box
        whole = np.asarray(Image.open(parrot).convert("RGB"))
        x0, y0 = int(np.floor(box.x0)), int(np.floor(box.y0))
        expected = classify(whole[y0 : int(np.ceil(box.y1)), x0 : int(np.ceil(box.x1))])
    with ew.chain(shared_file(DETECTOR), shared_file(CLASSIFIER), crop=Crop(margin=0)) as both:
        then = both(parrot)[0].then
    assert then is not None
    np.testing.assert_array_equal(then.scores, expected.scores)


def test_other_things_stay_as_the_first_has_them(shared_file: Any) -> None:
    photo = shared_file("images/cats_and_dogs.jpg")
    with ew.chain(shared_file(DETECTOR), shared_file(CLASSIFIER), on="dog") as both:
        result = both(photo)
    assert {link.found.label for link in result if link.then is not None} == {"dog"}
    cats = [link for link in result if link.found.label == "cat"]
    assert cats
    assert all(link.label == "cat" and link.then is None for link in cats)
    scores = [observation.score for observation in result.observations()]
    assert scores == sorted(scores, reverse=True)


def test_places_are_in_pixels_of_the_original(shared_file: Any, parrot: Path) -> None:
    """A detector on the crops of a detector finds the same bird at the same place."""
    with ew.chain(shared_file(DETECTOR), shared_file(DETECTOR), crop=Crop(margin=0.3)) as both:
        result = both(parrot)
    found = result[0].found.box
    again = result[0].observations()[0]
    assert again.label == "bird"
    assert found is not None
    assert again.box is not None
    assert again.box.iou(found) > 0.75


def test_what_the_second_finds_has_lines_and_boxes_of_its_own(shared_file: Any, parrot: Path) -> None:
    with ew.chain(shared_file(DETECTOR), shared_file(DETECTOR), crop=Crop(margin=0.3)) as both:
        result = both(parrot)
    sheet = result.table().to_sheet()
    of_best = [row for row in sheet.rows if row[0] == 1]
    assert len(of_best) == len(result[0].then)  # type: ignore[arg-type]
    assert tuple(of_best[0][7:]) == result[0].then[0].box.xyxy  # type: ignore[index]
    drawn, plain = (np.asarray(one.draw(parrot)).astype(int) for one in (result, result.first))
    assert np.abs(drawn - plain).sum() > 0


def test_a_table_of_no_second_is_the_firsts(shared_file: Any) -> None:
    """Where nothing is looked at there is a line for each thing all the same."""
    with ew.chain(shared_file(DETECTOR), shared_file(CLASSIFIER), on=["bird"]) as both:
        result = both(shared_file("images/cats_and_dogs.jpg"))
    assert [row[2] for row in result.table().to_sheet().rows] == [link.found.label for link in result]
    assert {row[5] for row in result.table().to_sheet().rows} == {None}


def test_a_photograph_turned_by_its_camera_says_the_same(chain: Chain, parrot: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    stream = io.BytesIO()
    Image.open(parrot).convert("RGB").transpose(Image.Transpose.ROTATE_90).save(stream, "PNG", exif=exif)
    turned = chain(stream.getvalue())
    plain = chain(parrot)
    assert turned[0].label == plain[0].label == "macaw"
    np.testing.assert_allclose(turned[0].box.xyxy, plain[0].box.xyxy, atol=2)  # type: ignore[union-attr]


def test_nothing_to_look_at_is_an_empty_answer(chain: Chain) -> None:
    nothing = chain(np.full((40, 50, 3), 127, np.uint8))
    assert len(nothing) == 0
    assert nothing.observations() == []
    assert str(nothing) == "nothing"
    assert "Nothing was found." in nothing.table().to_text()
    assert nothing.to_dict()["found"] == []
    assert nothing.draw(np.full((40, 50, 3), 127, np.uint8)).mode == "RGB"


@pytest.mark.parametrize(
    "box",
    [
        ew.Box(0, 0, 30, 30),
        ew.Box(1190, 590, 1200, 600),
        ew.Box(600, 300, 601, 301),
        ew.Box(600.4, 300.4, 600.4, 300.4),
        ew.Box(-50, -50, 2000, 2000),
        ew.Box(1190, 580, 1240, 640, 0.7),
    ],
)
def test_things_at_the_border_and_of_one_pixel(shared_file: Any, box: ew.Box) -> None:
    classify = ew.load(shared_file(CLASSIFIER))
    with Chain(Always(classify, Observation("thing", 0.9, 0, box=box)), classify) as both:  # type: ignore[arg-type]
        link = both(shared_file("images/cats_and_dogs.jpg"))[0]
    assert link.error == ""
    assert link.then is not None
    assert link.box == box


def test_one_crop_that_fails_leaves_the_others(shared_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    detect, classify = ew.load(shared_file(DETECTOR)), ew.load(shared_file(CLASSIFIER))
    whole, calls = classify.on_part, []

    def fails_once(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 2:
            raise DataError("this crop is too dark")
        return whole(*given)

    monkeypatch.setattr(classify, "on_part", fails_once)
    with Chain(detect, classify) as both:
        result = both(shared_file("images/cats_and_dogs.jpg"))
    assert [link.error for link in result[:3]] == ["", "this crop is too dark", ""]
    assert result[1].then is None
    assert result[1].label == result[1].found.label
    assert result.to_dict()["found"][1]["error"] == "this crop is too dark"
    assert "1 of them could not be looked at: this crop is too dark" in result.table().to_text()


def test_a_crop_needs_places(shared_file: Any, parrot: Path) -> None:
    with ew.chain(shared_file(CLASSIFIER), shared_file(CLASSIFIER)) as both:  # noqa: SIM117
        with pytest.raises(UsageError, match="it does not say where things are, so that nothing can be cut out"):
            both(parrot)


def test_a_label_that_the_first_cannot_say_is_refused_and_both_are_closed(shared_file: Any) -> None:
    with pytest.raises(UsageError, match=r"no label 'brid' among its \d+\. Did you mean 'bird'"):
        ew.chain(shared_file(DETECTOR), shared_file(CLASSIFIER), on=["brid"])


def test_a_list_an_iterator_and_a_stream_give_the_same(chain: Chain, parrot: Path, shared_file: Any) -> None:
    pictures = [parrot, shared_file("images/owl.jpg"), Path("missing.jpg"), parrot]
    streamed = list(chain.stream(pictures, workers=2))
    assert [answer.ok for answer in streamed] == [True, True, False, True]
    assert "missing.jpg: no such file" in str(streamed[2].error)
    plain = chain([parrot, pictures[1]])
    lazy = chain(iter([parrot, pictures[1]]))
    for answer, one, other in zip(streamed, plain, lazy, strict=False):
        assert str(answer.result) == str(one) == str(other)


def test_a_pipe_is_read_once(chain: Chain, parrot: Path) -> None:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as end:
            end.write(parrot.read_bytes())

    threading.Thread(target=write).start()
    with os.fdopen(reading, "rb") as pipe:
        assert chain(pipe)[0].label == "macaw"


def test_a_chain_is_a_task(chain: Chain, shared_file: Any) -> None:
    assert (chain.kind, chain.input.name) == ("chain", "picture")
    assert {"bird", "macaw"} <= set(chain.labels)
    assert repr(chain).startswith("Chain(")
    assert repr(chain).endswith("on=['bird'])")
    with chain.sibling() as other:
        assert other.labels == chain.labels


def test_only_one_model_may_be_the_second(shared_file: Any) -> None:
    inner = ew.chain(shared_file(DETECTOR), shared_file(CLASSIFIER))
    with pytest.raises(UsageError, match="the second of a chain is one model; put the chain first"):
        Chain(inner, inner)  # type: ignore[arg-type]
    inner.close()


def test_all_forms_of_the_result(chain: Chain, parrot: Path) -> None:
    result = chain(parrot)
    told = json.loads(json.dumps(result.to_dict(2)))
    assert (told["kind"], told["first"]) == ("chain", "detection")
    assert told["found"][0]["label"] == "bird"
    assert told["found"][0]["then"]["kind"] == "classification"
    assert told["found"][0]["then"]["top"][0]["label"] == "macaw"
    assert len(told["found"]) == 2
    sheet = result.table(1).to_sheet()
    assert sheet.header[:7] == ("rank", "index", "label", "score", "then_index", "then_label", "then_score")
    assert sheet.rows[0][2] == "bird"
    assert sheet.rows[0][5] == "macaw"
    assert len(sheet.rows) == 1
    assert str(result).startswith("bird 0.")
    assert result.draw(parrot).size == Image.open(parrot).size


def test_a_second_that_has_nothing_to_say_leaves_the_first(shared_file: Any) -> None:
    """A classifier whose best class lies below its own threshold."""
    file = ew.ModelFile.read(shared_file(CLASSIFIER))
    output = dataclasses.replace(file.metadata.outputs[0], score_threshold=0.9999)
    strict = open_task(file.with_metadata(dataclasses.replace(file.metadata, outputs=(output,))))
    with ew.chain(shared_file(DETECTOR), strict) as both:
        link = both(shared_file("images/cats_and_dogs.jpg"))[0]
    assert link.then is not None
    assert (link.label, link.observations()) == ("cat", [link.found])


def test_a_thing_keeps_its_track() -> None:
    found = Observation("bird", 0.5, 3, box=ew.Box(0, 0, 1, 1), track=17)
    result = Chained(Found((found,)), (Link(found, Found((Observation("macaw", 0.9, 88),))),))  # type: ignore[arg-type]
    assert result.observations() == [Observation("macaw", 0.9, 88, box=found.box, track=17)]


def test_the_command_line(edgewright: Any, shared_file: Any, parrot: Path, tmp_path: Path) -> None:
    words = ("run", shared_file(DETECTOR), "--then", shared_file(CLASSIFIER), parrot)
    done = edgewright(*words, "--on", "bird", "--save-dir", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "macaw" in done.stdout
    assert (tmp_path / "parrot.jpg").exists()
    as_csv = edgewright(*words, "--margin", "0.2", "--csv")
    assert as_csv.stdout.splitlines()[0].startswith("input,rank,index,label,score,then_index,then_label,then_score,x0")
    nothing = edgewright("run", shared_file(DETECTOR), parrot, "--csv", "--threshold", "1")
    assert nothing.stdout.splitlines() == ["input,rank,index,label,score,x0,y0,x1,y1"]
    alone = edgewright("run", shared_file(DETECTOR), parrot, "--on", "bird")
    assert alone.returncode == 2
    assert "--on goes with --then MODEL, the model that looks at the crops" in alone.stderr


def test_what_a_second_does_not_say_of_itself_can_be_said(edgewright: Any, shared_file: Any, parrot: Path) -> None:
    bare, labels = shared_file("models/mobilenet_v1_0.25_224_float.tflite"), shared_file("models/imagenet_labels.txt")
    words = ("run", shared_file(DETECTOR), "--then", bare, parrot, "--on", "bird")
    unsaid = edgewright(*words)
    assert unsaid.returncode == 2
    assert "mobilenet_v1_0.25_224_float.tflite: nothing in the file says how pixels become" in unsaid.stderr
    said = ("--then-mean", "127.5", "--then-std", "127.5", "--then-labels", labels)
    assert "macaw" in edgewright(*words, *said).stdout
    assert "go together" in edgewright(*words, "--then-mean", "127.5").stderr


def test_a_task_of_the_caller_stays_open_where_no_chain_can_be_made(shared_file: Any, parrot: Path) -> None:
    with ew.load(shared_file(DETECTOR)) as detect:
        with pytest.raises(UsageError):
            ew.chain(detect, shared_file(CLASSIFIER), on=["no such label"])
        assert detect(parrot)[0].label == "bird"
