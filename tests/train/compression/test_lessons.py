"""What a network is to learn follows from how its outputs are made, however deep that lies."""

from __future__ import annotations

from edgewright.machine import run_in_child
from train.compression.nested_networks import how_outputs_are_made


def test_probabilities_of_a_network_inside_of_another_are_probabilities() -> None:
    assert run_in_child(how_outputs_are_made) == {
        "softmax": "softmax softmax softmax",
        "a layer of softmax": "softmax softmax softmax",
        "sigmoid": "sigmoid sigmoid sigmoid",
        "logits": "none none none",
    }
