"""The process that is asked: `python -m edgewright.machine.elsewhere.answering` reads a request and answers it."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from edgewright.documents import json_text
from edgewright.errors import EdgewrightError
from edgewright.machine.elsewhere.dialogue import error_of
from edgewright.machine.progress import Progress, silent


def main() -> None:
    """Answer one request; what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    asked = json.loads(sys.stdin.buffer.readline())

    def progress(step: str, done: int, total: int) -> None:
        _say(answers, {"progress": [step, done, total]})

    files = {name: Path(path) for name, path in asked["files"].items()}
    _say(answers, answered(asked["function"], asked["arguments"], files, progress))


def answered(
    function: str, arguments: Mapping[str, Any], files: Mapping[str, Path], progress: Progress = silent
) -> dict[str, Any]:
    """What is said in the end to who asked for a call: the result, or the error of Edgewright that was met."""
    try:
        return {"result": _function(function)(arguments, files, progress)}
    except EdgewrightError as error:
        return error_of(error)


def _function(name: str) -> Any:
    module, _, function = name.partition(":")
    if module.partition(".")[0] != "edgewright":
        raise EdgewrightError(f"{name} is no function of Edgewright")
    return getattr(importlib.import_module(module), function)


def _say(answers: TextIO, document: dict[str, Any]) -> None:
    answers.write(json_text(document) + "\n")


if __name__ == "__main__":
    main()
