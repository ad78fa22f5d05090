"""An output that joins several meanings is taken apart: the same numbers, as outputs of their own."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.evaluate import Runner
from edgewright.model import ModelFile
from edgewright.rewrite import last_apart, outputs_apart

from ..model.builders import model, operator, raw, subgraph, tensor

JOIN = ("ConcatenationOptions", {"axis": 1, "fused_activation_function": 0})
NUMBERS = np.arange(1 * 9 * 5, dtype=np.float32).reshape(1, 9, 5)


def sizes(*numbers: int) -> dict:
    return tensor([len(numbers)], "int32", np.array(numbers, np.int32).tobytes())


def joined(behind: str) -> ModelFile:
    """Inputs (1, 4, 5), (1, 2, 5) and (1, 3, 5), joined along axis 1; and what comes behind that."""
    tensors = [tensor([1, 4, 5]), tensor([1, 2, 5]), tensor([1, 3, 5]), tensor([1, 9, 5])]
    operators = [operator("CONCATENATION", [0, 1, 2], [3], JOIN)]
    if behind == "TRANSPOSE":
        tensors += [sizes(0, 2, 1), tensor([1, 5, 9])]
        operators.append(operator("TRANSPOSE", [3, 4], [5]))
    elif behind == "RESHAPE":
        tensors += [sizes(1, 9, 5, 1), tensor([1, 9, 5, 1])]
        operators.append(operator("RESHAPE", [3, 4], [5]))
    elif behind == "ABS":
        tensors.append(tensor([1, 9, 5]))
        operators.append(operator("ABS", [3], [4]))
    named = [{**one, "name": f"t{place}"} for place, one in enumerate(tensors)]
    last = operators[-1]["outputs"][0]
    return ModelFile(raw(model(subgraph(named, operators, [0, 1, 2], [last]))), "joined")


def results(file: ModelFile) -> list[np.ndarray]:
    with Runner(file) as run:
        return [np.asarray(output) for output in run([NUMBERS[:, :4], NUMBERS[:, 4:6], NUMBERS[:, 6:]])]


@pytest.mark.parametrize("parts", [(4, 2, 3), (4, 5), (3, 4, 2), (9,)], ids=str)
@pytest.mark.parametrize(("behind", "axis"), [("", 1), ("TRANSPOSE", 2), ("RESHAPE", 1), ("ABS", 1)])
def test_the_parts_are_the_whole(behind: str, axis: int, parts: tuple[int, ...]) -> None:
    whole = joined(behind)
    apart = outputs_apart(whole, 0, axis, parts, [f"part {place}" for place in range(len(parts))])
    assert [output.name for output in apart.outputs] == [f"part {place}" for place in range(len(parts))]
    assert [output.shape[axis] for output in apart.outputs] == list(parts)
    assert np.array_equal(np.concatenate(results(apart), axis), results(whole)[0])


@pytest.mark.parametrize(("behind", "axis"), [("", 1), ("TRANSPOSE", 2), ("RESHAPE", 1)])
def test_what_only_moves_numbers_is_undone_and_nothing_cut_where_it_was_joined(behind: str, axis: int) -> None:
    apart = outputs_apart(joined(behind), 0, axis, (4, 2, 3), ["a", "b", "c"])
    assert not {"SLICE", "CONCATENATION"} & {one.name for one in apart.ops}


def test_the_last_number_of_each_thing_is_an_output_of_its_own_where_the_graph_joins_it() -> None:
    tensors = [tensor([1, 3, 2, 5]), tensor([1, 3, 1, 5]), tensor([1, 3, 3, 5]), sizes(1, 9, 5), tensor([1, 9, 5])]
    join = ("ConcatenationOptions", {"axis": 2, "fused_activation_function": 0})
    operators = [operator("CONCATENATION", [0, 1], [2], join), operator("RESHAPE", [2, 3], [4])]
    named = [{**one, "name": f"t{place}"} for place, one in enumerate(tensors)]
    whole = ModelFile(raw(model(subgraph(named, operators, [0, 1], [4]))), "points")
    apart = last_apart(whole, 0, 1, 3, ["places", "scores"])
    assert apart is not None
    given = NUMBERS.reshape(1, 3, 3, 5)
    with Runner(apart) as run:
        places, scores = run([given[:, :, :2], given[:, :, 2:]])
    assert np.array_equal(places, given[:, :, :2].reshape(1, 6, 5))
    assert np.array_equal(scores, given[:, :, 2])
    assert last_apart(joined(""), 0, 1, 3, ["places", "scores"]) is None
