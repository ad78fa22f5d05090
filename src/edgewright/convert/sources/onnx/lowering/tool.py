"""Has a graph converted by onnx2tf, in a process of the environment that has it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from edgewright.convert.environments import require
from edgewright.convert.obstacles.unsupported import UnsupportedOperator, refusal
from edgewright.convert.options import ConversionOptions
from edgewright.errors import ConversionError

_SCRIPT = Path(__file__).with_name("onnx2tf_script.py")
_MADE, _REASON = "model_float32.tflite", "reason"
# "… op=Mod node=Mod_0 reason_code=unsupported_attribute_value message=Mod with fmod=1 is not supported …"
_OPERATOR = re.compile(r"op=(?P<op>\w+) node=(?P<node>\S*) .*?message=(?P<said>.+)", re.DOTALL)
_LONGEST = 200


def converted(path: Path, folder: Path, name: str, options: ConversionOptions) -> bytes:
    """The bytes of the model file; `path` is a copy that may be written to, `name` stands for it in messages.

    Raises `UnsupportedOperatorError` where the tool names an operator, else `ConversionError`.
    """
    folder.mkdir()
    command = [str(require("onnx")), "-I", str(_SCRIPT), str(path), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, cwd=folder)
    made, reason = folder / _MADE, folder / _REASON
    if made.is_file() and not reason.is_file():
        return made.read_bytes()
    said = reason.read_text(encoding="utf-8", errors="replace") if reason.is_file() else _last_line(done.stderr)
    raise _refused(said, name, options)


def _last_line(log: str) -> str:
    """What a program said last, for where it died over something is what a traceback ends with."""
    return next((line for line in reversed(log.splitlines()) if line.strip()), "")


def _refused(said: str, name: str, options: ConversionOptions) -> ConversionError:
    found = _OPERATOR.search(said)
    if found:
        why = " ".join(found["said"].split())[:_LONGEST]
        return refusal(name, (UnsupportedOperator(f"onnx.{found['op']}", found["node"], why),), options)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    reason = lines[0] if lines else "it ended without a word"
    return ConversionError(f"the converter stopped: {reason[:_LONGEST]}", where=name)
