"""What runs inside the worker process: the model, answering one picture after the other.

Requests and answers are lines of JSON, and pictures lie in shared memory. Nothing that a hostile model could make of
this process is unpickled on the other side.
"""

from __future__ import annotations

import base64
import io
import json
import os
import sys
import threading
import time
import traceback
from typing import IO, Any

from edgewright.agent.credentials import leave_no_core
from edgewright.agent.events.observing import Wanted
from edgewright.agent.events.sighting import shortened
from edgewright.agent.inference.exchange import Incoming
from edgewright.errors import DataError, EdgewrightError, UsageError
from edgewright.media import PictureSource, load_image
from edgewright.model import ModelFile
from edgewright.spelling import Option, speak
from edgewright.task import TaskKind, kind_of, open_task

JPEG_QUALITY = 85

_LOOK_S = 1.0


def main() -> None:
    """Open the model that standard input brings, then answer until it ends."""
    leave_no_core()
    requests, answers = sys.stdin.buffer, _take_stdout()
    _end_with_parent()
    setup = json.loads(requests.readline())
    content = requests.read(setup["model_bytes"])
    speak(_spoken(setup["spoken"]))
    try:
        answer = _Answering(content, setup)
    except EdgewrightError as error:
        _say(answers, {"error": str(error), "usage": isinstance(error, UsageError)})
        return
    except (TypeError, ValueError) as error:  # an option that the task has not, or of another kind
        traceback.print_exc()
        _say(answers, {"error": f"{setup['model_name']}: options: {error}", "usage": True})
        return
    except MemoryError:  # that may pass, with the next process
        raise
    except Exception as error:  # noqa: BLE001 - somebody's task: whatever it raises
        traceback.print_exc()
        _say(answers, {"error": f"{setup['model_name']}: its task did not open: {_plain(error)}", "usage": False})
        return
    # All files that options name are open: no more of the user's folder is wanted.
    os.chdir(os.path.abspath(os.sep))  # noqa: PTH100 - a str is as good
    _say(answers, {"ready": True, "notices": list(answer.notices)})
    for line in requests:
        _say_line(answers, answer(json.loads(line)))


def _spoken(told: dict[str, Any]) -> dict[str, Option] | None:
    """What the agent's command calls the arguments that messages name; None where Python is spoken."""
    options = {name: Option(**{**option, "words": tuple(option["words"])}) for name, option in told.items()}
    return options or None


class _Answering:
    def __init__(self, content: bytes, setup: dict[str, Any]) -> None:
        model = ModelFile(content, setup["model_name"])
        self._task = open_task(model, task=_kind(model, setup["task"], setup["options"]), **setup["options"])
        self.notices = self._task.notices
        self._wanted = Wanted(**setup["wanted"])
        self._wanted.check(self._task)
        self._incoming = Incoming()
        self._picture: PictureSource = b""

    def __call__(self, request: dict[str, Any]) -> bytes:
        """Answer for a picture, or give the last one as JPEG: a line of JSON.

        What a task raises is an answer too: the process is none the worse for it. The trace goes to standard error.
        """
        try:
            return _line(self._answer(request))
        except DataError as error:
            return _line({"error": shortened(str(error))})
        except Exception as error:  # noqa: BLE001 - somebody's task: whatever it raises
            traceback.print_exc()
            return _line({"error": f"the task failed on it: {_plain(error)}", "fault": True})

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if "snapshot" in request:
            return {"jpeg": base64.b64encode(_as_jpeg(self._picture)).decode()}
        self._picture = self._incoming.get(request)
        return self._look(self._picture)

    def _look(self, picture: PictureSource) -> dict[str, Any]:
        start = time.perf_counter()
        result = self._task(picture)
        took = time.perf_counter() - start
        return {**self._wanted.of(result), "took_s": took}


def _kind(model: ModelFile, task: str | None, options: dict[str, Any]) -> TaskKind:
    """The kind of the model's task, which has to be one of pictures: frames are such."""
    kind = kind_of(model, task, options, or_tensors=False)
    if kind.input != "picture":
        raise UsageError(f"{model.name}: its task is {kind.name}, which takes no pictures, and frames are pictures")
    return kind


def _as_jpeg(picture: PictureSource) -> bytes:
    """The picture as JPEG, without any of its metadata."""
    stream = io.BytesIO()
    load_image(picture).save(stream, "JPEG", quality=JPEG_QUALITY)
    return stream.getvalue()


def _take_stdout() -> IO[bytes]:
    """The former standard output; what libraries print goes to standard error from now on."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _plain(error: Exception) -> str:
    """What was raised, on one line."""
    return str(shortened(" ".join(f"{type(error).__name__}: {error}".split())))


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _say(answers: IO[bytes], message: dict[str, Any]) -> None:
    _say_line(answers, _line(message))


def _say_line(answers: IO[bytes], line: bytes) -> None:
    answers.write(line)
    answers.flush()


def _end_with_parent() -> None:
    """Die when the agent is gone, also in the middle of a computation that hangs."""
    threading.Thread(target=_watch_parent, args=(os.getppid(),), daemon=True).start()


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)
