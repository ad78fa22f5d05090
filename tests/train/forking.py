"""Trainings in processes of their own, each forked where everything that takes its time is imported already.

A program ends with `serve(function)`. A test has it as `Forks(program)`, which is called with the function's arguments:
what it returns, {"ended": the exit code} where it was killed, {"error": words} where it raised.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

Answer = dict[str, Any]

_TESTS = Path(__file__).parents[1]

# A training that hangs ends with SIGALRM; on a machine with much to do one takes a minute.
_LONGEST_S = 600


class Forks:
    """A program that serves, in a `with` block; `environment` comes on top of this one."""

    def __init__(self, program: Path, **environment: str) -> None:
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(_TESTS)}
        self._process = subprocess.Popen(
            [sys.executable, str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **quiet, **environment},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def __call__(self, **options: Any) -> Answer:
        """What came of the function."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(options), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        assert line, f"the program ended with {self._process.wait()}"
        answer: Answer = json.loads(line)
        return answer


def serve(function: Callable[..., Answer]) -> None:
    """Answer a line of JSON for each line of options, until there are no more."""
    for line in sys.stdin:
        print(json.dumps(_forked(function, json.loads(line))), flush=True)


def _forked(function: Callable[..., Answer], options: dict[str, Any]) -> Answer:
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        signal.alarm(_LONGEST_S)
        try:
            answer = function(**options)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            answer = {"error": f"{type(error).__name__}: {error}"}
        with os.fdopen(writer, "wb") as stream:
            stream.write(json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        told = stream.read()
    status = os.waitpid(child, 0)[1]
    return json.loads(told) if status == 0 else {"ended": os.waitstatus_to_exitcode(status)}
