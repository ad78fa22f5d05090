"""What runs inside the worker process: the models are opened, then one picture after the other is answered.

Requests and answers are lines of JSON, and pictures lie in shared memory. Nothing that a hostile model could make of
this process is unpickled on the other side.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import IO

from edgewright.agent.credentials import leave_no_core
from edgewright.agent.inference.inside.answering import Answering, line
from edgewright.agent.inference.setup import WorkerSetup
from edgewright.errors import EdgewrightError, UsageError
from edgewright.spelling import speak

_LOOK_S = 1.0


def main() -> None:
    """Open the models that standard input brings, then answer until it ends."""
    leave_no_core()
    requests, answers = sys.stdin.buffer, _take_stdout()
    _end_with_parent()
    try:
        setup, spoken = WorkerSetup.read(requests)
        speak(spoken)
        answer = Answering(setup)
    except EdgewrightError as error:
        _say(answers, line({"error": str(error), "usage": isinstance(error, UsageError)}))
        return
    # All files that options name are open: no more of the user's folder is wanted.
    os.chdir(os.path.abspath(os.sep))  # noqa: PTH100 - a str is as good
    _say(answers, line({"ready": True, "notices": list(answer.notices)}))
    for request in requests:
        _say(answers, answer(json.loads(request)))


def _take_stdout() -> IO[bytes]:
    """The former standard output; what libraries print goes to standard error from now on."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _say(answers: IO[bytes], said: bytes) -> None:
    answers.write(said)
    answers.flush()


def _end_with_parent() -> None:
    """Die when the agent is gone, also in the middle of a computation that hangs."""
    threading.Thread(target=_watch_parent, args=(os.getppid(),), daemon=True).start()


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)
