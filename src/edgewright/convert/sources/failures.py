"""The words for a source that fails by itself."""

from __future__ import annotations

import re

from edgewright.convert.obstacles.advice import advice
from edgewright.errors import ConversionError

# What frameworks raise that are no operating system's and no mistakes of ours.
RAISED = (ValueError, TypeError, RuntimeError, NotImplementedError)

# Keras puts the reason, in bold, behind a line that says where; TensorFlow puts the node before it and its name behind.
_IN_KERAS = re.compile(r"Exception encountered when calling [^\n]*\s+(?=\S)")
_NODES = re.compile(r"\{\{[^}]*\}\}\s*|\s*\[Op:\w+\].*")
_ESCAPES = re.compile(r"\x1b\[[\d;]*m")
# A `tf.function` puts the lines of the program that led there before the reason, all of them indented.
_IN_CODE = re.compile(r"\Ain user code:\n(\s*\n| +File \"[^\n]*\n( {8}[^\n]*\n)*)*")
# What TensorFlow's own kernels for the CPU lack in convolutions, with the entry of the advice; oneDNN's have some.
_LACKING = {
    re.compile(r"\bN(HW|DHW|CHW|CDHW)C?\b"): "channels_first",
    re.compile(r"dilat", re.IGNORECASE): "convolutions",
}


class PlainKernelError(ConversionError):
    """A source that TensorFlow's own kernels do not run on this processor; those of oneDNN may."""


def failed(name: str, error: BaseException) -> ConversionError:
    """The error for a source that cannot be run; `name` stands for it."""
    reason = first_line(error)
    said = f"the source itself fails when it is run: {reason}"
    key = next((key for words, key in _LACKING.items() if words.search(reason)), None)
    if key is None:
        return ConversionError(said, where=name)
    entry = next(entry for entry in advice() if entry.key == key)
    return PlainKernelError(said, where=name, remedy=f"Instead: {entry.instead}")


def first_line(error: BaseException) -> str:
    """The first line of an error's text that says why, at most 300 characters."""
    text = _NODES.sub("", _ESCAPES.sub("", _IN_KERAS.sub("", _IN_CODE.sub("", str(error)))))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines[0].rstrip(".") if lines else type(error).__name__)[:300]
