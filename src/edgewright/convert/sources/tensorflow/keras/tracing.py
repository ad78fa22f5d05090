"""How layers of Keras behave while a model is traced for export."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

# Where Keras 3 draws masks: before the loop, and some cells in it.
_OF_LAYER = "_maybe_config_dropout_masks"
_OF_AUGMENTATION = "get_random_transformation"
_OF_CELL = ("get_dropout_mask", "get_recurrent_dropout_mask")


@contextmanager
def unrolled(layers: Sequence[Any]) -> Iterator[None]:
    """Recurrent layers as a chain of steps instead of a loop, which TensorFlow cannot measure for int8."""
    # Keras 2 looks at `unroll` only in the layer's constructor, which leaves its decision in the other attribute.
    changes = {"unroll": True, "_could_use_gpu_kernel": False}
    before = [(layer, key, getattr(layer, key)) for layer in layers for key in changes if hasattr(layer, key)]
    for layer, key, _ in before:
        setattr(layer, key, changes[key])
    try:
        yield
    finally:
        for layer, key, value in before:
            setattr(layer, key, value)


@contextmanager
def without_masks(layers: Sequence[Any]) -> Iterator[None]:
    """Layers that draw nothing outside of training: Keras 3 does, and does not apply it.

    Those are recurrent layers with dropout, and augmentations of pictures. The draw moves a seed on, which would be a
    state from one run to the next. In training a cell draws its own.
    """
    cells = [layer for layer in layers if hasattr(layer, _OF_CELL[0])]
    changes = [(layer, _OF_LAYER, _draw_nothing) for layer in layers if hasattr(layer, _OF_LAYER)]
    changes += [(cell, "call", partial(_called, cell, cell.call)) for cell in cells]
    drawing = [(layer, getattr(layer, _OF_AUGMENTATION)) for layer in layers if hasattr(layer, _OF_AUGMENTATION)]
    changes += [(layer, _OF_AUGMENTATION, partial(_drawn, draw)) for layer, draw in drawing]
    with _set(changes):
        yield


def _drawn(draw: Callable[..., Any], data: Any, training: bool = True, **options: Any) -> Any:
    """What an augmentation does to a batch, drawn at random; None outside of training."""
    return draw(data, training=training, **options) if training else None


def _called(cell: Any, call: Callable[..., Any], *args: Any, training: bool = False, **options: Any) -> Any:
    """Call a cell; outside of training there are no masks."""
    with _set([] if training else [(cell, name, _draw_nothing) for name in _OF_CELL]):
        return call(*args, training=training, **options)


def _draw_nothing(*_: object) -> None:
    """What a layer of Keras gets where it would have drawn a mask."""


@contextmanager
def _set(changes: Sequence[tuple[Any, str, Any]]) -> Iterator[None]:
    """Give these objects attributes of their own; past the layers' bookkeeping, and only inside of the block."""
    for owner, name, value in changes:
        object.__setattr__(owner, name, value)
    try:
        yield
    finally:
        for owner, name, _ in changes:
            object.__delattr__(owner, name)


@contextmanager
def named_scopes(tf: Any, layers: Sequence[Any]) -> Iterator[None]:
    """Trace the layers of Keras 3 under their own names, so that operators of the file can be traced back to them.

    Keras opens a layer's scope twice, once to see that it is built, and TensorFlow numbers a name from its second use
    on: what "dense" computes would be called "dense_1", and what "dense_1" computes "dense_1_2".
    """
    changed = [layer for layer in layers if hasattr(type(layer), "_open_name_scope")]
    with _set([(layer, "_open_name_scope", partial(_scope, tf, layer.name)) for layer in changed]):
        yield


def _scope(tf: Any, name: str) -> Any:
    """A name that ends in a slash is taken as it is, without a number."""
    around = tf.get_current_name_scope()
    return tf.name_scope(f"{around}/{name}/" if around else f"{name}/")
