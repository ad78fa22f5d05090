"""Hearing what happens in real and made sounds, with real models."""

from __future__ import annotations

import dataclasses
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.errors import DataError, UsageError
from edgewright.media import Prepared, Windows
from edgewright.model import InputMetadata, Metadata, ModelFile, OutputMetadata, ScoreCalibration, Sigmoid, TensorSpec
from edgewright.task import SoundEvents, open_task
from edgewright.task.kinds import audio_classification, kind_of
from edgewright.task.kinds.audio_classification import AudioDecoder
from model import builders

YAMNET = "models/yamnet.tflite"
UNDESCRIBED = "models/audio_527_without_metadata.tflite"
SPEECH = "images/speech.wav"


@pytest.fixture(scope="module")
def model(shared_file: Any) -> ModelFile:
    return ModelFile.read(shared_file(YAMNET))


@pytest.fixture(scope="module")
def speech(shared_file: Any) -> Path:
    return shared_file(SPEECH)


@pytest.fixture(scope="module")
def heard(model: ModelFile, speech: Path) -> SoundEvents:
    with open_task(model) as hear:
        return hear(speech)


# ----- the published model and recording


def test_somebody_speaks(heard: SoundEvents) -> None:
    assert [(event.label, event.start_s, event.end_s) for event in heard] == [("Speech", 0.0, 4.2725)]
    assert heard[0].score == max(window[0].score for window in heard.windows)
    assert heard.scores.shape == (8, 521)
    assert heard.seconds == 4.2725


def test_each_of_the_first_windows_is_speech_as_it_was_published(model: ModelFile, speech: Path) -> None:
    """Those of the TensorFlow Lite Task Library lie side by side."""
    with open_task(model, hop="100%") as hear:
        windows = hear(speech).windows
    assert [window.start_s for window in windows] == [0, 0.975, 1.95, 2.925, 3.9]
    assert [window[0].label for window in windows[:4]] == ["Speech"] * 4
    assert min(window[0].score for window in windows[:4]) >= 0.91


def test_windows_say_where_they_are_and_all_classes(heard: SoundEvents) -> None:
    window = heard.windows[7]
    assert (window.start_s, window.end_s) == (3.4125, 4.2725)
    assert len(window) == len(window.observations()) == 521
    assert window[0].span == (3.4125, 4.2725)
    assert [one.score for one in window[:5]] == sorted((one.score for one in window), reverse=True)[:5]


def test_another_rate_and_two_channels_are_heard_alike(model: ModelFile, speech: Path) -> None:
    soxr = pytest.importorskip("soxr")
    whole = np.frombuffer(speech.read_bytes()[44:], "<i2")[:68360] / np.float32(32768)
    wide = soxr.resample(whole, 16000, 44100)
    with open_task(model) as hear:
        found = hear((np.stack([wide, wide], axis=1), 44100))
    assert found.windows[0][0].label == "Speech"
    assert [event.label for event in found] == ["Speech"]


def test_silence_and_noise_are_no_speech(model: ModelFile) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 32000).astype(np.float32)
    with open_task(model) as hear:
        silent, noisy = hear([(np.zeros(32000, np.int16), 16000), (noise, 16000)])
    assert silent.windows[0][0].label == "Silence"
    assert "Speech" not in {event.label for event in (*silent, *noisy)}


def test_many_sounds_at_once(model: ModelFile, speech: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(speech.read_bytes()[:5000])
    with open_task(model) as hear:
        answers = list(hear.stream([speech, broken, speech], workers=2))
    assert [answer.ok for answer in answers] == [True, False, True]
    assert "it is damaged or incomplete" in str(answers[1].error)
    np.testing.assert_array_equal(answers[0].result.scores, answers[2].result.scores)  # type: ignore[union-attr]


# ----- how a file is recognized, and what it is asked for


def test_metadata_or_a_long_row_of_floats_says_that_it_is_sound(model: ModelFile, shared_file: Any) -> None:
    undescribed = ModelFile.read(shared_file(UNDESCRIBED))
    kind = audio_classification.KIND
    assert kind.recognize(model) == "its metadata says that it takes sound"
    assert kind.recognize(undescribed) == "it takes one long row of samples"
    assert kind_of(model).name == kind_of(undescribed).name == "audio-classification"


@pytest.mark.parametrize(
    "name", ["mobilenet_v1_0.25_128_quant", "nl_classifier_regex", "movie_review", "selfie_segmenter_landscape"]
)
def test_others_are_not_taken_for_sound(shared_file: Any, name: str) -> None:
    assert audio_classification.KIND.recognize(ModelFile.read(shared_file(f"models/{name}.tflite"))) is None


def test_the_rate_is_asked_for_where_nobody_says_it(shared_file: Any, speech: Path) -> None:
    undescribed = ModelFile.read(shared_file(UNDESCRIBED))
    with pytest.raises(
        UsageError, match=r"_metadata.tflite: nothing in the file says at which sample rate .*rate=16000"
    ):
        open_task(undescribed)
    with open_task(undescribed, rate=16000) as hear:
        found = hear(speech)
        assert found.scores.shape == (25, 527)
        assert hear.notices == ("no labels: classes are called by their number",)
        assert hear.labels[0] == "class 0"
    with pytest.raises(UsageError, match=r"rate is 0\.5; it is a whole number"):
        open_task(undescribed, rate=0.5)


def test_a_model_of_features_says_what_it_wants(shared_file: Any) -> None:
    features = ModelFile.read(shared_file("sources/kws_ref_model.published.tflite"))
    with pytest.raises(UsageError, match=r"\[1, 49, 10, 1\]\) takes no samples .*spectrogram or MFCC"):
        open_task(features, task="audio-classification", rate=16000)


def test_one_label_less_means_a_background_class(model: ModelFile) -> None:
    labels = [f"sound {number}" for number in range(520)]
    with open_task(model, labels=labels) as hear:
        assert hear.labels[:2] == ("background", "sound 0")
        assert "the first output is taken for the background class" in hear.notices[0]
    with pytest.raises(UsageError, match=r"yamnet.tflite: 7 labels do not fit the model's 521 outputs"):
        open_task(model, labels=labels[:7])


def test_options_that_make_no_sense(model: ModelFile) -> None:
    with pytest.raises(UsageError, match=r"threshold is 2; scores go from 0 to 1"):
        open_task(model, threshold=2)
    with pytest.raises(UsageError, match=r"hop is 2; windows of 0\.975 s"):
        open_task(model, hop=2)
    with pytest.raises(UsageError, match="audio-classification has no option 'most'"):
        open_task(model, most=2)


def test_an_array_without_its_rate_is_no_sound(model: ModelFile) -> None:
    with open_task(model) as hear, pytest.raises(DataError, match=r"Give both: \(array, 16000\)"):
        hear(np.zeros(16000, np.float32))


# ----- models with several outputs


class Heads:
    """As much of a model file as the kind looks at."""

    name = "heads.tflite"
    ops = ()

    def __init__(self, *outputs: tuple[str, tuple[int, ...], tuple[str, ...]]) -> None:
        self.inputs = (TensorSpec(0, "sound", (100,), "float32", (100,)),)
        self.outputs = tuple(
            TensorSpec(place, name, shape, "float32", shape) for place, (name, shape, _) in enumerate(outputs, 1)
        )
        said = tuple(OutputMetadata(labels=labels) for *_, labels in outputs)
        self.metadata = Metadata(inputs=(InputMetadata(kind="audio", sample_rate=1000),), outputs=said)


EMBEDDING = ("embedding", (1, 1024), ())
SCORES = ("scores", (1, 3), ())
BIRDS = ("birds", (1, 2), ("owl", "robin"))
SOUNDS = ("sounds", (1, 3), ("speech", "music", "silence"))


def decoder(*outputs: Any, **options: Any) -> Any:
    return audio_classification.KIND.decoder(Heads(*outputs), options)  # type: ignore[arg-type]


def windows_of(count: int) -> Prepared:
    return Prepared(np.zeros(0), windows=Windows(tuple((at / 2, at / 2 + 1.0) for at in range(count)), lambda _: None))  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize(
    "outputs", [(SCORES, EMBEDDING), (EMBEDDING, SCORES), (EMBEDDING, ("x", (1, 3), ("a", "b", "c")))]
)
def test_scores_are_told_from_an_embedding(outputs: Any) -> None:
    assert audio_classification.KIND.recognize(Heads(*outputs))  # type: ignore[arg-type]
    decode = decoder(*outputs)
    raw = [np.zeros((1, 1, spec.shape[-1]), np.float32) for spec in Heads(*outputs).outputs]
    raw[[spec.shape[-1] for spec in Heads(*outputs).outputs].index(3)][0, 0, 1] = 0.9
    assert decode(raw, windows_of(1)).windows[0][0].index == 1


def test_an_embedder_is_no_classifier() -> None:
    assert audio_classification.KIND.recognize(Heads(EMBEDDING)) is None  # type: ignore[arg-type]
    with pytest.raises(
        UsageError, match=r"none of its outputs is known as a row of scores; .* \[\[1, 1024\], \[1, 7\]\]"
    ):
        decoder(EMBEDDING, ("x", (1, 7), ()))


def test_one_of_several_heads_is_chosen() -> None:
    first = decoder(BIRDS, SOUNDS)
    assert first.labels == ("owl", "robin")
    assert first.notices == ("scores are taken from output 'birds'; head chooses another: 'sounds'",)
    for head in ("sounds", 1, "1"):
        assert decoder(BIRDS, SOUNDS, head=head).labels == ("speech", "music", "silence")
    with pytest.raises(UsageError, match=r"there is no row of scores in an output 'fish'\. It has: birds, sounds"):
        decoder(BIRDS, SOUNDS, head="fish")


# ----- how windows join


def events_of(*rows: Any, threshold: float = 0.5) -> SoundEvents:
    decode = AudioDecoder(("dog", "cat", "owl"), (), place=0, threshold=threshold, logits=False, calibration=None)
    return decode([np.array(rows, np.float32)[:, None]], windows_of(len(rows)))


JOINED = events_of((0.6, 0, 0), (0.9, 0.5, 0), (0.49, 0.7, 0), (0.8, 0, 0))


def test_neighboring_windows_of_a_class_join() -> None:
    assert [(one.label, one.start_s, one.end_s, round(one.score, 2)) for one in JOINED] == [
        ("dog", 0, 1.5, 0.9), ("cat", 0.5, 2, 0.7), ("dog", 1.5, 2.5, 0.8),
    ]  # fmt: skip
    assert JOINED.observations()[0].span == (0, 1.5)
    assert [one.score for one in JOINED.observations()] == sorted((one.score for one in JOINED), reverse=True)
    assert str(JOINED) == "dog 0.90; cat 0.70"


def test_what_is_below_the_threshold_is_no_event() -> None:
    nothing = events_of((0.1, 0.2, 0.3), threshold=0.35)
    assert (len(nothing), str(nothing), nothing.observations()) == (0, "nothing", [])
    note = "Nothing reaches the threshold of 0.35. Nearest: owl 0.30; cat 0.20; dog 0.10."
    assert note in str(nothing.table().to_text(80))


def test_a_threshold_of_zero_ranks_all_classes() -> None:
    ranked = events_of((0.1, 0.2, 0), (0.4, 0.3, 0), threshold=0)
    assert [(one.label, one.span) for one in ranked.observations()] == [
        ("dog", (0, 1.5)), ("cat", (0, 1.5)), ("owl", (0, 1.5)),
    ]  # fmt: skip


def test_the_threshold_is_the_callers_then_the_files(model: ModelFile) -> None:
    quiet = OutputMetadata(labels=("a", "b", "c"), score_threshold=0.7)
    heads = Heads(SOUNDS)
    assert decoder(SOUNDS).threshold == 0.3
    heads.metadata = dataclasses.replace(heads.metadata, outputs=(quiet,))
    assert audio_classification.KIND.decoder(heads, {}).threshold == 0.7  # type: ignore[arg-type]
    assert audio_classification.KIND.decoder(heads, {"threshold": 0.1}).threshold == 0.1  # type: ignore[arg-type]


def test_rows_for_parts_of_a_window_are_averaged() -> None:
    parts = np.array([[[0.1, 0.2, 0.3], [0.3, 0.4, 0.5]]], np.float32)
    np.testing.assert_allclose(decoder(SOUNDS)([parts], windows_of(1)).scores, [[0.2, 0.3, 0.4]])


def test_logits_and_calibration_are_applied_to_every_window() -> None:
    logits = np.log(np.array([[[1, 2, 7]], [[5, 5, 0.001]]], np.float32))
    found = decoder(SOUNDS, meaning="logits")([logits], windows_of(2))
    np.testing.assert_allclose(found.scores[0], [0.1, 0.2, 0.7], rtol=1e-5)
    calibration = ScoreCalibration(sigmoids=(Sigmoid(1, 1, 0), None, Sigmoid(0.5, 0, 0)), default_score=0.25)
    decode = AudioDecoder(("a", "b", "c"), (), place=0, threshold=0, logits=False, calibration=calibration)
    scores = decode([np.zeros((2, 1, 3), np.float32)], windows_of(2)).scores
    np.testing.assert_allclose(scores, [[0.5, 0.25, 0.25]] * 2)


# ----- what people and programs see


def test_plain_values() -> None:
    plain = json.loads(json.dumps(JOINED.to_dict(2)))
    assert plain["kind"] == "audio-classification"
    assert (plain["seconds"], plain["threshold"]) == (2.5, 0.5)
    assert [(one["label"], one["span"]) for one in plain["events"]] == [("dog", [0, 1.5]), ("dog", [1.5, 2.5])]
    assert [len(one["top"]) for one in plain["windows"]] == [2] * 4
    assert plain["windows"][1] == {
        "start_s": 0.5,
        "end_s": 1.5,
        "top": [
            {"label": "dog", "score": pytest.approx(0.9), "index": 0},
            {"label": "cat", "score": 0.5, "index": 1},
        ],
    }


def test_the_table_is_in_order_of_time_and_says_what_is_left_out() -> None:
    text = JOINED.table(2).to_text(80)
    assert text.index("0:00.0") < text.index("0:01.5") < text.index("1 more, less sure: table(3).")
    sheet = JOINED.table().to_sheet()
    assert sheet.header == ("rank", "index", "label", "score", "start_s", "end_s")
    assert [row[0] for row in sheet.rows] == [1, 3, 2]


def test_a_timeline_is_drawn(heard: SoundEvents, speech: Path, model: ModelFile) -> None:
    from PIL import Image

    ((suffix, content),) = heard.files_of(speech).items()
    assert suffix == ".png"
    image = Image.open(io.BytesIO(content)).convert("RGB")
    assert image.width == 1280
    row = np.asarray(image)[24 + 160 + 10]  # through the bar of the one event
    assert len(np.unique(row[310:1250], axis=0)) == 1
    assert tuple(row[600]) != tuple(np.asarray(image)[5, 5])
    quiet = events_of((0, 0, 0)).draw((np.zeros(1000), 1000))
    assert quiet.height < image.height


# ----- a model that takes any length, as YAMNet was published first


def any_length() -> ModelFile:
    """Scores sigmoid(mean · (4, -4, 0)) of a row of samples, beside an embedding."""
    floats = [np.array([row], "<f4") for row in ([4, -4, 0], [1, 1, 1, 1])]
    tensors = [
        builders.tensor([1], shape_signature=[-1]),
        builders.tensor([1], "int32", data=np.zeros(1, "<i4").tobytes()),
        builders.tensor([1]),
        *(builders.tensor(row.shape, data=row.tobytes()) for row in floats),
        *(builders.tensor(row.shape) for row in (floats[1], floats[0], floats[0])),
    ]
    product = ("MulOptions", {"fused_activation_function": 0})
    operators = [
        builders.operator("MEAN", [0, 1], [2], ("ReducerOptions", {"keep_dims": True})),
        builders.operator("MUL", [2, 4], [5], product),
        builders.operator("MUL", [2, 3], [6], product),
        builders.operator("LOGISTIC", [6], [7]),
    ]
    return ModelFile.read(builders.raw(builders.model(builders.subgraph(tensors, operators, [0], [5, 7]))))


def test_a_model_of_any_length_asks_for_rate_and_window() -> None:
    model = any_length()
    assert kind_of(model).name == "audio-classification"
    with pytest.raises(UsageError, match=r"leaves its length open: \[-1\]\. Say how many samples .* window=16000"):
        open_task(model, rate=1000)
    with pytest.raises(UsageError, match="at which sample rate input 't' takes its 100 samples"):
        open_task(model, window=100)
    for window in (1, 0, -5, 2.5, 1 << 30):
        with pytest.raises(UsageError, match=r"a window has 2 to 16,777,216 samples"):
            open_task(model, rate=1000, window=window)
    with open_task(model, rate=1000, window=100) as hear:
        found = hear((np.concatenate([np.full(100, 0.5), np.full(50, -0.5)]), 1000))
    assert found.scores.shape == (2, 3)
    np.testing.assert_allclose(found.scores[:, 0], 1 / (1 + np.exp([-2.0, 0.0])), rtol=1e-5)
    np.testing.assert_allclose(found.spans, [(0, 0.1), (0.05, 0.15)])


def test_a_window_is_no_option_where_the_length_is_fixed(model: ModelFile) -> None:
    with pytest.raises(UsageError, match=r"window is 100, and input 'waveform_binary' has a fixed length: \[15600\]"):
        open_task(model, window=100)


def test_a_wav_at_the_models_rate_needs_no_library(shared_file: Any) -> None:
    code = (
        f"import sys, edgewright as ew; ew.load({str(shared_file(YAMNET))!r})({str(shared_file(SPEECH))!r}); "
        "print(*{'soundfile', 'soxr', 'edgewright.report'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
