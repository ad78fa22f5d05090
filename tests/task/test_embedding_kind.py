"""Which files are embedders, and what they say of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgewright.errors import DataError, UsageError
from edgewright.evaluate import evaluate
from edgewright.model import Metadata, ModelFile, OutputMetadata
from edgewright.task import Embedding, kind_of, open_task

from ..model.builders import model, operator, quantized, subgraph, tensor
from ..optimize.networks import dense

EXTRACTOR = "models/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite"
EMBEDDER = "models/mobilenet_v2_0.35_96_embedder.tflite"

SIDE = 4
_WHOLE = {"filter_width": SIDE, "filter_height": SIDE, "stride_w": 1, "stride_h": 1, "padding": 1}


def pool(
    dtype: str = "uint8", *, scale: float = 1.0, zero_point: int = 0, stored: tuple[float, int] | None = None
) -> ModelFile:
    """The mean color of a picture of four pixels a side; `stored`: another scale and zero point behind a QUANTIZE."""
    quantization = {"quantization": quantized([scale], [zero_point])} if dtype != "float32" else {}
    tensors = [tensor([1, SIDE, SIDE, 3], dtype, **quantization), tensor([1, 1, 1, 3], dtype, **quantization)]
    operators = [operator("AVERAGE_POOL_2D", [0], [1], ("Pool2DOptions", _WHOLE))]
    if stored is not None:
        tensors.append(tensor([1, 1, 1, 3], dtype, quantization=quantized([stored[0]], [stored[1]])))
        operators.append(operator("QUANTIZE", [1], [2]))
    named = [{**one, "name": f"t{place}"} for place, one in enumerate(tensors)]
    return ModelFile.build(model(subgraph(named, operators, [0], [len(tensors) - 1])), {}, "pool.tflite")


def layer(width: int = 5, factor: float = 1) -> ModelFile:
    """A fully connected layer over a picture: an embedding, or the logits of classes."""
    random = np.random.default_rng(1)
    weights = factor * random.normal(size=(width, 3 * SIDE * SIDE)).astype(np.float32)
    return dense([(weights, np.zeros(width, np.float32))], shape=[1, SIDE, SIDE, 3])


PLAIN = np.broadcast_to(np.array([60, 0, 80], np.uint8), (SIDE, SIDE, 3))


@pytest.mark.parametrize(
    ("made", "options", "wanted"),
    [
        (pool(), {}, [0.6, 0, 0.8]),
        (pool(scale=0.5, zero_point=20), {}, [20, -10, 30]),
        (pool("int8", scale=1, zero_point=-128), {"normalization": (0, 1)}, [0.6, 0, 0.8]),
        (pool("int8", scale=2, zero_point=-100), {"normalization": (40, 1)}, [20, -40, 40]),
        (pool("float32"), {"normalization": (80, 20)}, [-1, -4, 0]),
        (pool(stored=(2.0, 100)), {}, [0.6, 0, 0.8]),
    ],
)
def test_the_vector_is_in_real_numbers(made: ModelFile, options: dict[str, Any], wanted: list[float]) -> None:
    with open_task(made, **options) as embed:
        result = embed(PLAIN)
    assert embed.kind == "embedding"
    np.testing.assert_allclose(result.vector, np.array(wanted) / np.linalg.norm(wanted), atol=1e-6)
    assert result.norm == pytest.approx(np.linalg.norm(wanted) * (100 if wanted[0] == 0.6 else 1))


@pytest.mark.parametrize("name", [EXTRACTOR, EMBEDDER])
def test_a_cat_is_like_itself_and_not_like_an_owl(shared_file: Any, name: str) -> None:
    """0.99 and 0.7: the reference answers of the project; portrait and landscape go in stretched."""
    with Image.open(shared_file("images/cat.bmp")) as cat:
        small = cat.convert("RGB").resize((cat.width * 3 // 5, cat.height * 3 // 5), Image.Resampling.LANCZOS)
        whole = cat.convert("RGB")
    with open_task(ModelFile.read(shared_file(name)), normalization=(0, 255) if name == EMBEDDER else None) as embed:
        first, again, owl = embed([whole, small, shared_file("images/owl.jpg")])
    assert first.similarity(again) >= 0.99
    assert first.similarity(owl) < 0.7
    assert np.linalg.norm(first.vector) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("name", [EXTRACTOR, EMBEDDER])
def test_published_embedders_are_recognized(shared_file: Any, name: str) -> None:
    assert kind_of(ModelFile.read(shared_file(name))).name == "embedding"


@pytest.mark.parametrize(
    "name",
    [
        "mobilenet_v1_0.25_128_quant",
        "mobilenet_v1_0.25_128_quant_edgetpu",
        "mobilenet_v1_0.25_224_float",
        "mobilenet_v2_1.0_224_quant",
    ],
)
def test_classifiers_are_no_embedders(shared_file: Any, name: str) -> None:
    assert kind_of(ModelFile.read(shared_file(f"models/{name}.tflite"))).name == "classification"


@pytest.mark.parametrize("name", ["yamnet", "text_embedder_regex", "nl_classifier_regex", "movie_review"])
def test_rows_of_other_inputs_are_neither(shared_file: Any, name: str) -> None:
    from edgewright.task.kinds import classification, embedding

    there = ModelFile.read(shared_file(f"models/{name}.tflite"))
    assert classification.KIND.recognize(there) is embedding.KIND.recognize(there) is None


def test_a_layer_without_labels_is_an_embedding_until_somebody_names_classes() -> None:
    logits = layer()
    assert kind_of(logits).name == "embedding"
    assert kind_of(logits, said={"labels": list("abcde")}).name == "classification"
    assert kind_of(logits, said={"meaning": "logits"}).name == "classification"
    assert kind_of(logits, "classification").name == "classification"
    labeled = logits.with_metadata(Metadata(outputs=(OutputMetadata(labels=tuple("abcde")),)))
    assert kind_of(labeled).name == "classification"
    with open_task(logits, labels=list("abcde"), normalization=(0, 255)) as classify:
        assert {one.label for one in classify(PLAIN)} == set("abcde")


def test_features_of_a_pool_are_no_logits_of_so_few_classes() -> None:
    assert kind_of(pool(), said={"labels": list("ab")}).name == "classification"  # and a background
    assert kind_of(pool(), said={"labels": ["a"]}).name == "embedding"
    named = layer().with_metadata(Metadata(name="ImageEmbedder"))
    assert kind_of(named, said={"labels": list("abcde")}).name == "embedding"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"labels": ["a", "b", "c", "d", "e"], "task": "embedding"}, "an embedding has no labels. Where its outputs"),
        ({"task": "embedding", "threshold": 0.5}, "embedding has no option 'threshold'. It has none"),
    ],
)
def test_what_an_embedding_does_not_have_is_one_line(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        open_task(layer(), normalization=(0, 255), **options)


def test_a_detector_is_no_embedder(shared_file: Any) -> None:
    detector = ModelFile.read(shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite"))
    with pytest.raises(UsageError, match="an embedder has one row of outputs; the outputs of this one are"):
        open_task(detector, task="embedding")


def folder_of_classes(folder: Path, count: int) -> Path:
    random = np.random.default_rng(2)
    for place in range(count):
        (folder / f"class{place}").mkdir(parents=True)
        for number in range(2):
            pixels = random.integers(0, 255, (SIDE, SIDE, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"class{place}" / f"{number}.png")
    return folder


def test_data_with_classes_say_what_a_layer_gives(tmp_path: Path) -> None:
    """A classifier that ends in logits, without labels inside, is still evaluated on class folders."""
    result = evaluate(layer(), folder_of_classes(tmp_path, 5), normalization=(0, 255))
    assert (result.task, result.metric.name) == ("classification", "top1")


def test_an_embedder_is_scored_beside_another_and_not_by_labels(tmp_path: Path) -> None:
    photos = folder_of_classes(tmp_path, 2)
    same = evaluate(pool(), [path.read_bytes() for path in sorted(photos.rglob("*.png"))], baseline=pool())
    assert (same.metric.name, same.found.value) == ("cosine", pytest.approx(1))
    with pytest.raises(UsageError, match="the metric 'agreement' is not for all, and the model's task is embedding"):
        evaluate(pool(), [PLAIN], baseline=pool(), metric="agreement")


def test_classes_are_nothing_that_an_embedder_is_scored_by(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"an embedder names none\. edgewright teach makes a classifier"):
        evaluate(pool(), folder_of_classes(tmp_path, 7))
    assert evaluate(pool(), tmp_path, baseline=pool()).metric.name == "cosine"


def test_nothing_finite_is_an_error_of_that_input() -> None:
    with open_task(layer(factor=1e37), normalization=(0, 1)) as embed:
        [answer] = embed.stream([PLAIN])
    assert answer.result is None
    assert "returned infinity" in str(answer.error)
    with (
        open_task(layer(factor=1e37), normalization=(0, 1)) as embed,
        pytest.raises(DataError, match="returned infinity"),
    ):
        embed(PLAIN)
    assert isinstance(open_task(layer(), normalization=(0, 1))(PLAIN), Embedding)
