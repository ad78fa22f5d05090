"""What is said between who asks and who answers: one JSON document a line, first the request, then progress, an end."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from edgewright.documents import json_text
from edgewright.errors import ChildCrashError, EdgewrightError
from edgewright.machine.progress import Progress


def request(function: str, arguments: Mapping[str, Any], files: Mapping[str, str]) -> bytes:
    """One line that asks for a call; `files` are paths where it is answered."""
    return json_text({"function": function, "arguments": dict(arguments), "files": dict(files)}).encode() + b"\n"


def lines_of(stream: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The documents among lines; what is none, a library printed."""
    for line in stream:
        try:
            document = json.loads(line)
        except ValueError:
            continue
        if isinstance(document, dict):
            yield document


def heard(answers: Iterable[Mapping[str, Any]], name: str, progress: Progress) -> Any:
    """What was answered. Raises the error that was met there, else `ChildCrashError` where there was no end."""
    ends = [answer for answer in answers if not _told(answer, progress)]
    for answer in ends:
        if "error" in answer:
            raise _raised(str(answer["error"]), f"{name}: {answer.get('text', '')}")
        if "result" in answer:
            return answer["result"]
    raise ChildCrashError(f"{name}: it gave no answer")


def error_of(error: EdgewrightError) -> dict[str, str]:
    """An error as it is sent: its kind, and its first line."""
    return {"error": type(error).__name__, "text": str(error).partition("\n")[0]}


def _told(answer: Mapping[str, Any], progress: Progress) -> bool:
    if "progress" not in answer:
        return False
    step, done, total = answer["progress"]
    progress(str(step), int(done), int(total))
    return True


def _raised(kind: str, text: str) -> EdgewrightError:
    """An error of the same kind, where a text is enough to make one."""
    found = getattr(sys.modules[EdgewrightError.__module__], kind, None)
    if isinstance(found, type) and issubclass(found, EdgewrightError):
        try:
            return found(text)
        except TypeError:
            pass
    return EdgewrightError(text)
