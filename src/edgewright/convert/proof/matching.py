"""Which tensor of a file holds what a layer of its source returns, by the names that the converter leaves in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from edgewright.convert.sources.tensorflow.names import bare
from edgewright.model import ModelFile, TensorSpec

# Dimensions of a map of pictures, whose channels a file may have last.
MAP = 4


def match_layers(model: ModelFile, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, TensorSpec]:
    """The tensor of each layer that has one: the last computed of its shape under its name.

    `shapes` are the shapes of what the layers return, by name in the order of execution. Where the converter fused
    several layers into one operator, its tensor carries all their names, and belongs to the last of them. A tensor that
    is called as a layer is belongs to it and no other.
    """
    computed = [model.main.tensors[index] for operator in model.ops for index in operator.outputs]
    names = _names([path for tensor in computed for path in _paths(tensor)], list(shapes))
    order = {layer: place for place, layer in enumerate(shapes)}
    whole = {tensor.name for tensor in computed if _fits(shapes.get(tensor.name), tensor.shape)}
    found = {tensor.name: tensor for tensor in computed if tensor.name in whole}
    for tensor in (tensor for tensor in computed if tensor.name not in whole):
        layers = [layer for path in _paths(tensor)[:1] for layer in _layers(path, names)]
        layers += [layer for path in _paths(tensor)[1:] for layer in _layers(path, names)]
        fitting = [layer for layer in layers if layer not in whole and _fits(shapes[layer], tensor.shape)]
        if fitting:
            found[fitting[0]] = tensor
    return dict(sorted(found.items(), key=lambda item: order[item[0]]))


def _paths(tensor: TensorSpec) -> list[str]:
    """The source's names in a tensor's: "model/relu/Relu;model/conv/Conv2D" has two, the last operator's first."""
    return [bare(path.split(":")[0]) for path in tensor.name.split(";") if path]


def _layers(path: str, names: Mapping[str, str]) -> Iterator[str]:
    """Layers around an operator, innermost first; a scope in full comes before a part of it."""
    scope = path.rpartition("/")[0]
    if path in names or scope in names:
        yield names[path if path in names else scope]
        return
    for part in reversed(scope.split("/")):
        if part in names:
            yield names[part]
            return


def _names(paths: Sequence[str], layers: Sequence[str]) -> dict[str, str]:
    """What the layers are called in a file: as they are, or with the numbers that Keras 3 and TensorFlow give them.

    Whichever explains more of the file's names.
    """
    scopes = {part for path in paths for part in path.split("/")[:-1]} | {path.rpartition("/")[0] for path in paths}
    short = [layer.rpartition("/")[2] for layer in layers]
    plain = dict(zip(short, layers, strict=True)) if len(set(short)) == len(short) else {}
    plain |= {layer: layer for layer in layers}
    numbered = dict(_numbered(layers))
    return numbered if len(scopes & numbered.keys()) > len(scopes & plain.keys()) else plain


def _numbered(layers: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names as they come out where each layer opens its scope twice, and TensorFlow numbers what it has seen.

    Source: `Graph.unique_name` in tensorflow/python/framework/ops.py, `Layer.__call__` of Keras 3.
    """
    used: dict[str, int] = {}
    for layer in layers:
        _unique(layer, used)
        yield _unique(layer, used), layer


def _unique(name: str, used: dict[str, int]) -> str:
    count = used.get(name, 0)
    used[name] = count + 1
    if not count:
        return name
    fresh = f"{name}_{count}"
    while fresh in used:
        count += 1
        fresh = f"{name}_{count}"
    used[name], used[fresh] = count + 1, 1
    return fresh


def _fits(layer: Sequence[int] | None, tensor: Sequence[int]) -> bool:
    """Whether a tensor may hold what a layer returns, in the layout of the layer or with its channels last."""
    if layer is None:
        return False
    layouts = [layer, (layer[0], *layer[2:], layer[1])] if len(layer) == MAP else [layer]
    return any(squeezed(one) == squeezed(tensor) for one in layouts)


def squeezed(shape: Sequence[int]) -> list[int]:
    """A shape without its sizes of 1, which the converter adds and drops."""
    return [size for size in shape if size != 1]
