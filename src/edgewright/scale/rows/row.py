"""A row: what came of one input, exactly as `edgewright run --json` says it, with its number and the model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from edgewright.documents import escaped, json_text
from edgewright.scale.work import Work
from edgewright.task import Answer, Result, as_document, best_of

_LIMIT = 1  # as `run` has it for several inputs


class Row(NamedTuple):
    """One input's row.

    `text` is its JSON object, in one line: "index", "input", "model" (the SHA-256 of its file), then "error", or what
    `Result.to_dict` gives. `label` and `score` are those of the best observation, where there is one.
    """

    text: str
    failed: bool = False
    label: str | None = None
    score: float | None = None


def row_of(index: int, answer: Answer[Any, Result], work: Work) -> Row:
    """The row of an input that was answered, or could not be read."""
    document = as_document(answer, work.limit or _LIMIT)
    best = [] if answer.result is None else best_of(answer.result, 1)
    label, score = (best[0].label, best[0].score) if best else (None, None)
    return Row(_text(index, document, work), answer.result is None, label, score)


def row_of_error(index: int, name: str, error: str, work: Work) -> Row:
    """The row of an input that nothing came of."""
    return Row(_text(index, {"input": name, "error": error}, work), failed=True)


def row_left_out(index: int, name: str, died: Sequence[str], work: Work) -> Row:
    """The row of an input that workers died of; `died` says how each of them ended."""
    how = "; ".join(dict.fromkeys(died))
    return row_of_error(index, name, f"{name}: {len(died)} workers died of it, so it is left: {how}", work)


def to_bytes(rows: list[Row]) -> bytes:
    """Rows as they go from one process to another."""
    return json.dumps(rows).encode()


def from_bytes(data: bytes) -> list[Row]:
    """Read them back."""
    return [Row(*values) for values in json.loads(data)]


def _text(index: int, document: Mapping[str, Any], work: Work) -> str:
    said = dict(document)
    return escaped(json_text({"index": index, "input": said.pop("input"), "model": work.sha256, **said}))
