"""Damages a model many times, reads each result, and runs what is left; started by `test_damaged_models`.

Arguments: the model, the number of cases, and a file for the report. The report holds the case under way while it is,
and the counts at the end. A case that takes longer than ten seconds or three gigabytes kills this process.
"""

from __future__ import annotations

import json
import random
import resource
import signal
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from edgewright.engine import Interpreter
from edgewright.errors import EdgewrightError, ModelError
from edgewright.model import ModelFile

SECONDS = 10
MEMORY = 3 * 2**30


def damaged(data: bytes, random_: random.Random) -> bytes:
    """The bytes truncated, or with some of them changed: in the header, in the tail, or anywhere."""
    kind = random_.choice(["truncated", "header", "tail", "anywhere"])
    if kind == "truncated":
        return data[: random_.randrange(len(data))]
    places = {"header": (0, 1024), "tail": (len(data) - 4096, len(data)), "anywhere": (0, len(data))}[kind]
    changed = bytearray(data)
    for _ in range(random_.choice([1, 1, 2, 4, 16])):
        changed[random_.randrange(*places)] ^= random_.randrange(1, 256)
    return bytes(changed)


def outcome(data: bytes) -> str:
    try:
        model = ModelFile.read(data)
    except ModelError as error:
        return "refused" if "\n" not in str(error) else "refused in several lines"
    try:
        run(model)
    except EdgewrightError:
        return "refused by the runtime"
    return "sealed and run" if model.sealed else "run"


def run(model: ModelFile) -> None:
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], np.zeros(detail["shape"], detail["dtype"]))
    interpreter.invoke()
    for detail in interpreter.get_output_details():
        interpreter.get_tensor(detail["index"])


def main(path: str, count: str, report: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = Path(path).read_bytes()
    counts: Counter[str] = Counter()
    for case in range(int(count)):
        Path(report).write_text(json.dumps({"case": case}))
        signal.alarm(SECONDS)
        content = damaged(data, random.Random(f"{Path(path).name} {case}"))
        counts[outcome(content) if content != data else "unchanged"] += 1
    Path(report).write_text(json.dumps(counts))


if __name__ == "__main__":
    main(*sys.argv[1:])
